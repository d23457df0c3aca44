// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/json.h"
#include "build/engine_folder.h"
#include "cli/command.h"
#include "cli/module_key_options.h"
#include "target/store.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture build-engine --target 6.1.0-47-cloud-amd64
  suture build-engine --target debian:6.1.0-47-cloud-amd64 --output engine \
      --module-key mok.pem --module-certificate mok.der

The folder gets suture.ko and engine.json, which says what it is.
)";

struct Options {
  std::string store;
  std::string target;
  std::string output;
  ModuleKeyOptions module_key;
};

Result<int> build_engine(const Options& options, bool json) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  const Target target = TRY(store.find(options.target));
  const std::optional<ModuleKey> key = TRY(module_key_of(options.module_key));
  const std::string output = options.output.empty() ? "engine-" + target.id.release : options.output;
  TRY(check_engine_folder(output));
  EngineModuleBuild build;
  {
    Progress progress("build the engine for " + target.id.release);
    progress.step("compile suture.ko");
    build = TRY(build_engine_module(target, BuildCache(store.cache()), key));
  }
  const EngineRecord record = TRY(write_engine_folder(output, target.id, build));
  if (json) {
    Json document = to_json(record);
    document["output"] = output;
    fmt::print("{}", json_text(document));
    return kOk;
  }
  fmt::print("{} for {}:{} ({}), {}\nabi {}, sha256 {}\n{}written to {}\n", record.file,
             target.id.distribution, target.id.release, target.id.version, human_size(record.size),
             record.abi, record.sha256,
             record.signer ? fmt::format("signed by {} ({})\n", record.signer->subject, record.signer->hash)
                           : std::string(),
             output);
  return kOk;
}

}  // namespace

void add_build_engine_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand(
      "build-engine", "Build suture.ko, the stop-machine engine in the kernel, for a target");
  command.footer(kExamples);
  command
      .add_option("--target", options->target,
                  "Release, DISTRIBUTION:RELEASE or build-id of a target in the store")
      ->required()
      ->type_name("TARGET");
  command.add_option("--output", options->output, "Folder to make (default: engine-RELEASE)")
      ->type_name("FOLDER");
  add_module_key_options(command, options->module_key);
  command.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return build_engine(*options, invocation.json); };
  });
}

}  // namespace suture::cli
