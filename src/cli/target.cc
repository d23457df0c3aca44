// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/terminal.h"
#include "cli/command.h"
#include "target/distribution.h"
#include "target/store.h"
#include "target/toolchain.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture target search debian cloud                   kernels in the archive with "cloud" in their release
  suture target add debian:6.1.0-47-cloud-amd64       fetch and unpack one, without installing it
  suture target add debian:6.1.0-47-cloud-amd64=6.1.170-3
  suture target list
  suture target show 6.1.0-47-cloud-amd64
  suture target remove 6.1.0-47-cloud-amd64
)";

struct Options {
  std::string store;
  std::string name;
  std::string pattern;
};

Result<TargetStore> open_store(const Options& options) {
  const std::filesystem::path folder =
      options.store.empty() ? TRY(TargetStore::default_folder()) : std::filesystem::path(options.store);
  return TargetStore(std::filesystem::absolute(folder).lexically_normal());
}

Json to_document(const Target& target) {
  return to_json(target, "/");
}

void print_targets(const std::vector<Target>& targets, bool json) {
  if (json) {
    Json list = Json::array();
    for (const Target& target : targets) list.push_back(to_document(target));
    fmt::print("{}", json_text({{"targets", std::move(list)}}));
    return;
  }
  std::vector<std::vector<std::string>> rows;
  rows.reserve(targets.size());
  for (const Target& target : targets) {
    rows.push_back({target.id.distribution + ":" + target.id.release, target.id.version, target.id.build_id,
                    target.compiler_version, std::to_string(target.symbols), human_size(target.size)});
  }
  fmt::print("{}", table({"TARGET", "VERSION", "BUILD-ID", "COMPILER", "SYMBOLS", "SIZE"}, rows));
}

void print_target(const Target& target, bool json) {
  if (json) {
    fmt::print("{}", json_text(to_document(target)));
    return;
  }
  const auto line = [](std::string_view name, const std::string& value) {
    fmt::print("{:<15} {}\n", name, value);
  };
  line("target", target.id.distribution + ":" + target.id.release);
  line("version", target.id.version);
  line("architecture", target.id.architecture);
  line("build-id", target.id.build_id);
  line("compiler", target.compiler_version);
  const auto toolchain = Toolchain::of(target);
  line("", !toolchain                  ? "NOT at hand: " + toolchain.error().why
           : toolchain->root().empty() ? "this machine has it"
                                       : "in " + toolchain->root().string());
  line("symbols", std::to_string(target.symbols));
  line("size", human_size(target.size));
  line("image", target.image.string());
  line("modules", target.modules.string());
  line("source", target.source.string());
  line("headers", target.headers.string());
  line("common headers", target.common_headers.string());
  line("kbuild", target.kbuild.string());
  line("config", target.config.string());
  for (const auto& [name, version] : target.packages) line("package", name + " " + version);
}

Result<int> add_target(const Options& options, bool json) {
  const TargetName name = TRY(parse_target_name(options.name));
  if (name.distribution.empty()) {
    return fail("target.malformed-name", "read the target's name \"" + options.name + "\"",
                "it does not say which distribution's kernel it is",
                "For example `suture target add debian:" + name.release + "`.");
  }
  const TargetStore store = TRY(open_store(options));
  const auto distribution = TRY(find_distribution(name.distribution, store.lists()));
  const Target target = TRY(store.add(*distribution, name.release, name.version));
  json ? print_target(target, true) : print_targets({target}, false);
  return kOk;
}

Result<int> search_targets(const Options& options, bool json) {
  const auto distribution = TRY(find_distribution(options.name, TRY(open_store(options)).lists()));
  const auto kernels = TRY(distribution->search(options.pattern));
  if (kernels.empty()) {
    return fail("target.unknown", "search " + options.name + " for \"" + options.pattern + "\"",
                "the archive's lists hold no such kernel", "They may be old: `sudo apt-get update`.");
  }
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& kernel : kernels) {
    list.push_back({{"distribution", options.name},
                    {"release", kernel.release},
                    {"version", kernel.version},
                    {"archive", kernel.archive}});
    rows.push_back({options.name + ":" + kernel.release, kernel.version,
                    kernel.archive.empty() ? "(configured)" : kernel.archive});
  }
  fmt::print(
      "{}", json ? json_text({{"kernels", std::move(list)}}) : table({"TARGET", "VERSION", "ARCHIVE"}, rows));
  return kOk;
}

Result<int> remove_target(const Options& options, bool json) {
  const TargetStore store = TRY(open_store(options));
  const Target target = TRY(store.find(options.name));
  TRY(store.remove(target));
  if (json) {
    fmt::print("{}", json_text({{"removed", to_json(target.id)}}));
  } else {
    fmt::print("removed {}:{} ({})\n", target.id.distribution, target.id.release, human_size(target.size));
  }
  return kOk;
}

}  // namespace

void add_target_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& target = *app.add_subcommand("target", "Kernels to build for: fetch, list, show, search, remove");
  target.require_subcommand(1);
  target.fallthrough();
  target.footer(kExamples);
  target.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  const auto action = [&invocation, options](CLI::App* command, Result<int> (*run)(const Options&, bool)) {
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
    });
  };

  CLI::App* add =
      target.add_subcommand("add", "Fetch and unpack a kernel's image, headers, tools and source");
  add->add_option("name", options->name, "DISTRIBUTION:RELEASE[=VERSION]")->required()->type_name("TARGET");
  action(add, add_target);

  CLI::App* list = target.add_subcommand("list", "Targets in the store");
  action(list, [](const Options& chosen, bool json) -> Result<int> {
    print_targets(TRY(TRY(open_store(chosen)).list()), json);
    return kOk;
  });

  CLI::App* show =
      target.add_subcommand("show", "All that is known of one target, and whether it can be built for here");
  show->add_option("target", options->name, "Release, DISTRIBUTION:RELEASE or build-id")
      ->required()
      ->type_name("TARGET");
  action(show, [](const Options& chosen, bool json) -> Result<int> {
    print_target(TRY(TRY(open_store(chosen)).find(chosen.name)), json);
    return kOk;
  });

  CLI::App* search = target.add_subcommand("search", "Kernels that the distribution's archive has");
  search->add_option("distribution", options->name, "Such as debian")->required()->type_name("DISTRIBUTION");
  search->add_option("pattern", options->pattern, "Part of the release")->type_name("PATTERN");
  action(search, search_targets);

  CLI::App* remove = target.add_subcommand("remove", "Delete a target, and its source if no other needs it");
  remove->add_option("target", options->name, "Release, DISTRIBUTION:RELEASE or build-id")
      ->required()
      ->type_name("TARGET");
  action(remove, remove_target);
}

}  // namespace suture::cli
