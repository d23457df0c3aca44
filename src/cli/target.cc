// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "target/distribution.h"
#include "target/given_files.h"
#include "target/store.h"
#include "target/toolchain.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture target search debian cloud                   kernels in the archive with "cloud" in their release
  suture target add debian:6.1.0-47-cloud-amd64       fetch and unpack one, without installing it
  suture target add debian:6.1.0-47-cloud-amd64=6.1.170-3
  suture target add local --build /usr/src/linux/build   a kernel built there, by `make` or `make O=`
  suture target add local:web --source linux --image bzImage --modules lib/modules/6.1.9 --headers headers
  suture target add rpm --packages rpms               kernel-core, kernel-modules, kernel-devel and the source
                                                      package, as files in that folder
  suture target list
  suture target show 6.1.0-47-cloud-amd64
  suture target remove 6.1.0-47-cloud-amd64
)";

struct Options {
  std::string store;
  std::string name;
  std::string pattern;
  GivenFiles given;
};

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
  for (const auto& warning : target.warnings) line("warning", coloured(warning, Colour::kYellow));
}

/// Files are looked at from another folder later, and a name with a slash at its end has no last part.
void make_absolute(std::filesystem::path& path) {
  if (path.empty()) return;
  path = std::filesystem::absolute(path).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
}

GivenFiles absolute_files(GivenFiles given) {
  for (auto* path : {&given.build, &given.source, &given.image, &given.modules, &given.headers, &given.kbuild,
                     &given.config})
    make_absolute(*path);
  for (auto& package : given.packages) make_absolute(package);
  return given;
}

/// "local" and "rpm" alone will do, since files tell their release.
Result<TargetName> name_to_add(const std::string& text) {
  if (text == "local" || text == "rpm") return TargetName{.distribution = text, .release = {}, .version = {}};
  return parse_target_name(text);
}

Result<int> add_target(const Options& options, bool json) {
  const TargetName name = TRY(name_to_add(options.name));
  if (name.distribution.empty()) {
    return fail("target.malformed-name", "read the target's name \"" + options.name + "\"",
                "it does not say which distribution's kernel it is",
                "For example `suture target add debian:" + name.release + "`.");
  }
  const TargetStore store = TRY(TargetStore::at(options.store));
  const auto distribution =
      TRY(find_distribution(name.distribution, store.lists(), absolute_files(options.given)));
  const Target target = TRY(store.add(*distribution, name.release, name.version));
  json ? print_target(target, true) : print_targets({target}, false);
  for (const auto& warning : target.warnings) fmt::print(stderr, "warning: {}\n", warning);
  return kOk;
}

Result<int> search_targets(const Options& options, bool json) {
  const auto distribution = TRY(find_distribution(options.name, TRY(TargetStore::at(options.store)).lists()));
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
  const TargetStore store = TRY(TargetStore::at(options.store));
  const Target target = TRY(store.find(options.name));
  TRY(store.remove(target));
  if (json) {
    fmt::print("{}", json_text({{"removed", to_json(target.id)}}));
  } else {
    fmt::print("removed {}:{} ({})\n", target.id.distribution, target.id.release, human_size(target.size));
  }
  return kOk;
}

void add_file_options(CLI::App& add, GivenFiles& given) {
  constexpr const char* kLocal = "For local";
  constexpr const char* kFolder = "FOLDER";
  add.add_option("--build", given.build, "Folder in which the kernel was built; has all of the parts below")
      ->group(kLocal)
      ->type_name(kFolder);
  add.add_option("--source", given.source, "Source tree that it was built from")
      ->group(kLocal)
      ->type_name(kFolder);
  add.add_option("--image", given.image, "bzImage or vmlinux")->group(kLocal)->type_name("FILE");
  add.add_option("--modules", given.modules, "lib/modules/RELEASE")->group(kLocal)->type_name(kFolder);
  add.add_option("--headers", given.headers, "With .config, include/generated and Module.symvers")
      ->group(kLocal)
      ->type_name(kFolder);
  add.add_option("--kbuild", given.kbuild, "With built scripts and tools (default: where --headers has them)")
      ->group(kLocal)
      ->type_name(kFolder);
  add.add_option("--config", given.config, ".config, if --headers has none")
      ->group(kLocal)
      ->type_name("FILE");
  add.add_flag("--hard-links", given.hard_links,
               "Link files instead of copying them: they will never be changed in place")
      ->group(kLocal);
  add.add_option("--packages", given.packages, "RPM files, or folders that hold them")
      ->group("For rpm")
      ->type_name("PATH");
  add.add_option("--compiler", given.compiler,
                 "Command of the compiler, if it has another name here than where the kernel was built")
      ->group("For local and rpm")
      ->type_name("COMMAND");
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
  add->add_option("name", options->name, "DISTRIBUTION:RELEASE[=VERSION], local[:NAME] or rpm[:RELEASE]")
      ->required()
      ->type_name("TARGET");
  add_file_options(*add, options->given);
  action(add, add_target);

  CLI::App* list = target.add_subcommand("list", "Targets in the store");
  action(list, [](const Options& chosen, bool json) -> Result<int> {
    print_targets(TRY(TRY(TargetStore::at(chosen.store)).list()), json);
    return kOk;
  });

  CLI::App* show =
      target.add_subcommand("show", "All that is known of one target, and whether it can be built for here");
  show->add_option("target", options->name, "Release, DISTRIBUTION:RELEASE or build-id")
      ->required()
      ->type_name("TARGET");
  action(show, [](const Options& chosen, bool json) -> Result<int> {
    print_target(TRY(TRY(TargetStore::at(chosen.store)).find(chosen.name)), json);
    return kOk;
  });

  CLI::App* search = target.add_subcommand("search", "Kernels that the distribution's archive has");
  search->add_option("distribution", options->name, "debian")->required()->type_name("DISTRIBUTION");
  search->add_option("pattern", options->pattern, "Part of the release")->type_name("PATTERN");
  action(search, search_targets);

  CLI::App* remove = target.add_subcommand("remove", "Delete a target, and its source if no other needs it");
  remove->add_option("target", options->name, "Release, DISTRIBUTION:RELEASE or build-id")
      ->required()
      ->type_name("TARGET");
  action(remove, remove_target);
}

}  // namespace suture::cli
