// SPDX-License-Identifier: Apache-2.0
#include "cli/module_key_options.h"

namespace suture::cli {

void add_module_key_options(CLI::App& command, ModuleKeyOptions& options) {
  CLI::Option* key = command.add_option(
      "--module-key", options.key, "Private key that signs the module, for kernels that check: a PEM file");
  CLI::Option* certificate =
      command.add_option("--module-certificate", options.certificate,
                         "Its X.509 certificate, which those kernels know: DER or PEM");
  key->type_name("FILE")->needs(certificate);
  certificate->type_name("FILE")->needs(key);
}

Result<std::optional<ModuleKey>> module_key_of(const ModuleKeyOptions& options) {
  if (options.key.empty()) return std::nullopt;
  return TRY(ModuleKey::load(options.key, options.certificate));
}

}  // namespace suture::cli
