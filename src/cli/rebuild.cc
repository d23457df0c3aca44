// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/json.h"
#include "cli/command.h"
#include "target/store.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture rebuild out
  suture rebuild downloaded --fixes our-fixes

Exit status: 0 the same, 1 not built, or another: what differs is listed.
)";

struct Options {
  std::string store;
  std::string patchset;
  std::string fixes;
  bool cached = false;
};

Result<int> rebuild(const Options& options, bool json) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  RebuildResult result;
  {
    Progress progress("rebuild " + options.patchset);
    result = TRY(rebuild_patchset({.patchset = options.patchset,
                                   .fixes = options.fixes,
                                   .cache = options.cached ? store.cache() : std::filesystem::path()},
                                  store, progress));
  }
  const bool same = result.differences.empty();
  const TargetId& target = result.given.target;
  if (json) {
    Json modules = Json::array();
    for (const ModuleFile& file : result.given.files())
      modules.push_back({{"file", file.file}, {"sha256", file.sha256}});
    fmt::print("{}", json_text({{"same", same},
                                {"differences", result.differences},
                                {"module_sha256", result.given.module().sha256},
                                {"modules", std::move(modules)},
                                {"target", to_json(target)}}));
    return same ? kOk : kFailed;
  }
  std::vector<std::string> names;
  for (const ModuleFile& file : result.given.files()) names.push_back(file.file);
  fmt::print("{} for {}:{} ({}), level {}: {}{}\n", fmt::join(names, ", "), target.distribution,
             target.release, target.version, result.given.level,
             same ? "the same, byte for byte" : "NOT what these fixes give",
             same && result.given.module_signer ? names.size() == 1 ? ", but for the signature behind it"
                                                                    : ", but for the signatures behind them"
                                                : "");
  for (const std::string& difference : result.differences) fmt::print("  {}\n", difference);
  return same ? kOk : kFailed;
}

}  // namespace

void add_rebuild_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      *app.add_subcommand("rebuild", "Build a patchset again and tell whether it is the same, byte for byte");
  command.footer(kExamples);
  command.add_option("patchset", options->patchset, "Folder with its manifest and modules")
      ->required()
      ->type_name("PATCHSET");
  command
      .add_option("--fixes", options->fixes, "Folder with the fixes, as NAME.patch (default: PATCHSET/fixes)")
      ->type_name("FOLDER");
  command.add_flag("--cached", options->cached,
                   "Use what earlier builds of this store kept, instead of compiling everything");
  command.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return rebuild(*options, invocation.json); };
  });
}

}  // namespace suture::cli
