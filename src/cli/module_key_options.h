// SPDX-License-Identifier: Apache-2.0
//
// --module-key and --module-certificate: who signs what is built, for kernels that check modules.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "module/module_key.h"

namespace suture::cli {

struct ModuleKeyOptions {
  std::string key;
  std::string certificate;
};

void add_module_key_options(CLI::App& command, ModuleKeyOptions& options);
/// Nothing when no key was named.
Result<std::optional<ModuleKey>> module_key_of(const ModuleKeyOptions& options);

}  // namespace suture::cli
