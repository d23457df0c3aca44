// SPDX-License-Identifier: Apache-2.0
#include "build/build.h"

#include <fmt/format.h>

#include <memory>

#include "base/terminal.h"
#include "build/build_cache.h"
#include "cli/command.h"
#include "cli/patchset_text.h"
#include "target/store.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --output out
  suture build --target debian:6.1.0-47-cloud-amd64 --level 2 --output out2 \
      --fix CVE-2026-53249.patch --fix CVE-2026-53236.patch
)";

struct Options {
  std::string store;
  std::string target;
  std::vector<std::string> fixes;
  std::uint32_t level = 1;
  std::string output;
};

Result<int> build(const Options& options, bool json) {
  const std::filesystem::path folder =
      options.store.empty() ? TRY(TargetStore::default_folder()) : std::filesystem::path(options.store);
  const TargetStore store(std::filesystem::absolute(folder).lexically_normal());
  BuildRequest request{.target = TRY(store.find(options.target)),
                       .fixes = {},
                       .level = options.level,
                       .output = options.output,
                       .cache = store.cache()};
  for (const std::string& fix : options.fixes) request.fixes.emplace_back(fix);
  if (request.output.empty())
    request.output = fmt::format("patchset-{}-{}", request.target.id.release, options.level);

  BuildResult result;
  {
    Progress progress("build for " + request.target.id.release);
    result = TRY(build_patchset(request, progress));
  }
  constexpr std::uintmax_t kLargestCache = 2'000'000'000;
  BuildCache(store.cache()).shrink(kLargestCache);
  if (json) {
    fmt::print("{}", json_text({{"output", request.output.string()},
                                {"notes", result.notes},
                                {"patchset", to_json(result.patchset)}}));
    return kOk;
  }
  fmt::print("{}", patchset_text(result.patchset));
  for (const std::string& note : result.notes) fmt::print("note: {}\n", note);
  fmt::print("written to {}\n", request.output.string());
  return kOk;
}

}  // namespace

void add_build_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("build", "Turn source fixes into one patchset for one target");
  command.footer(kExamples);
  command
      .add_option("--target", options->target,
                  "Release, DISTRIBUTION:RELEASE or build-id of a target in the store")
      ->required()
      ->type_name("TARGET");
  command
      .add_option("--fix", options->fixes, "A unified diff; again for each fix that the patchset shall hold")
      ->required()
      ->type_name("FILE");
  command.add_option("--level", options->level, "Level of the patchset: higher ones replace lower ones")
      ->check(CLI::Range(1, 999999))
      ->capture_default_str();
  command.add_option("--output", options->output, "Folder to make (default: patchset-RELEASE-LEVEL)")
      ->type_name("FOLDER");
  command.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return build(*options, invocation.json); };
  });
}

}  // namespace suture::cli
