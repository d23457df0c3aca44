// SPDX-License-Identifier: Apache-2.0
#include "build/build.h"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "base/json.h"
#include "base/terminal.h"
#include "build/build_cache.h"
#include "build/fleet.h"
#include "cli/command.h"
#include "cli/fleet_text.h"
#include "cli/module_key_options.h"
#include "cli/patchset_text.h"
#include "target/store.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --output out
  suture build --target debian:6.1.0-47-cloud-amd64 --level 2 --output out2 \
      --fix CVE-2026-53249.patch --fix CVE-2026-53236.patch
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch \
      --module-key mok.pem --module-certificate mok.der
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --engine stopmachine
  suture build --targets 'debian:*-cloud-amd64' --fix CVE-2026-53249.patch --output fleet

A file NAME@VERSION.patch beside NAME.patch takes its place for kernels of that version: NAME@5.10.patch.

Exit status: 0 built (of several: each is, or needs no patch), 3 this kernel needs no patch, 1 otherwise.
)";

struct Options {
  std::string store;
  std::string target;
  std::vector<std::string> targets;
  std::vector<std::string> fixes;
  std::uint32_t level = 1;
  std::string effective_version;
  std::string output;
  std::vector<std::string> engines{std::string(kKlpEngine), std::string(kStopMachineEngine)};
  ModuleKeyOptions module_key;
  std::size_t header_units = 400;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

std::set<std::string, std::less<>> engines_of(const Options& options) {
  return {options.engines.begin(), options.engines.end()};
}

std::vector<std::filesystem::path> paths_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

void shrink(const TargetStore& store) {
  BuildCache(store.cache()).shrink(kLargestBuildCache);
}

Result<int> build_for_one(const Options& options, bool json) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  std::optional<ModuleKey> key = TRY(module_key_of(options.module_key));
  BuildRequest request{.target = TRY(store.find(options.target)),
                       .fixes = paths_of(options.fixes),
                       .level = options.level,
                       .effective_version = options.effective_version,
                       .output = options.output,
                       .header_units = options.header_units,
                       .jobs = options.jobs,
                       .cache = store.cache(),
                       .engines = engines_of(options),
                       .module_key = std::move(key)};
  if (request.output.empty())
    request.output = fmt::format("patchset-{}-{}", request.target.id.release, options.level);

  BuildResult result;
  {
    Progress progress("build for " + request.target.id.release);
    result = TRY(build_patchset(request, progress));
  }
  shrink(store);
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

/// All that any of the patterns matches, each once.
Result<std::vector<Target>> targets_like(const TargetStore& store, const std::vector<std::string>& patterns) {
  std::vector<Target> targets;
  for (const std::string& pattern : patterns) {
    for (Target& target : TRY(store.matching(pattern))) {
      if (std::ranges::find(targets, target) == targets.end()) targets.push_back(std::move(target));
    }
  }
  return targets;
}

Result<int> build_for_fleet(const Options& options, bool json) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  std::optional<ModuleKey> key = TRY(module_key_of(options.module_key));
  const FleetRequest request{
      .targets = TRY(targets_like(store, options.targets)),
      .fixes = paths_of(options.fixes),
      .level = options.level,
      .output = options.output.empty() ? fmt::format("patchsets-{}", options.level) : options.output,
      .cache = store.cache(),
      .header_units = options.header_units,
      .engines = engines_of(options),
      .module_key = std::move(key),
      .jobs = options.jobs};
  std::vector<FleetResult> results;
  {
    Progress progress(fmt::format("build for {} kernels", request.targets.size()));
    results = TRY(build_fleet(request, progress));
  }
  shrink(store);
  fmt::print("{}", json ? json_text(fleet_json(results)) : fleet_text(results));
  const bool good = std::ranges::all_of(results, [](const FleetResult& result) {
    return result.outcome == FleetOutcome::kPatched || result.outcome == FleetOutcome::kNotAffected;
  });
  return good ? kOk : kFailed;
}

}  // namespace

void add_build_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("build", "Turn source fixes into a patchset for each target");
  command.footer(kExamples);
  CLI::Option* target = command.add_option(
      "--target", options->target, "Release, DISTRIBUTION:RELEASE or build-id of a target in the store");
  target->type_name("TARGET");
  CLI::Option* targets = command.add_option(
      "--targets", options->targets,
      "All targets in the store that a pattern like 'debian:*-cloud-amd64' matches; again for more patterns");
  targets->type_name("PATTERN")->delimiter(',')->excludes(target);
  command
      .add_option("--fix", options->fixes, "A unified diff; again for each fix that the patchset shall hold")
      ->required()
      ->type_name("FILE");
  command.add_option("--level", options->level, "Level of the patchset: higher ones replace lower ones")
      ->check(CLI::Range(1, 999999))
      ->capture_default_str();
  command
      .add_option(
          "--effective-version", options->effective_version,
          "The version of the distribution's package whose fixes are all in it, for scanners: 6.1.176-1")
      ->type_name("VERSION")
      ->excludes(targets)
      ->check(CLI::Validator(
          [](const std::string& text) {
            return is_package_version(text) ? std::string() : text + " is no package's version";
          },
          ""));
  command
      .add_option(
          "--output", options->output,
          "Folder to make (default: patchset-RELEASE-LEVEL); with --targets one that gets a folder for "
          "each (default: patchsets-LEVEL)")
      ->type_name("FOLDER");
  command
      .add_option("--header-units", options->header_units,
                  "Units to compile, at most, for headers that the fixes change")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command
      .add_option("--engine", options->engines,
                  "Engines to make a module for: klp (the kernel's livepatch), stopmachine (Suture's own)")
      ->check(CLI::IsMember({std::string(kKlpEngine), std::string(kStopMachineEngine)}))
      ->type_name("ENGINE")
      ->delimiter(',')
      ->capture_default_str();
  add_module_key_options(command, options->module_key);
  command.add_option("--jobs", options->jobs, "Compilers to run at once (default: the number of processors)")
      ->check(CLI::Range(1u, 1024u));
  command.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  command.callback([&invocation, options] {
    if (options->target.empty() && options->targets.empty())
      throw CLI::RequiredError("--target or --targets");
    invocation.failure_status = [](const Error& error) {
      return outcome_of(error) == FleetOutcome::kNotAffected ? kUnchanged : kFailed;
    };
    invocation.action = [&invocation, options] {
      return options->targets.empty() ? build_for_one(*options, invocation.json)
                                      : build_for_fleet(*options, invocation.json);
    };
  });
}

}  // namespace suture::cli
