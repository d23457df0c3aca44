// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/hash.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/patchset_text.h"
#include "elf/object.h"
#include "patchset/patchset.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture inspect out                  what a patchset replaces, for which kernel, and on what evidence
  suture inspect out/suture_1.ko      sections and livepatch symbols of a module or any object
)";

constexpr std::size_t kLargestManifest = 16u << 20;

/// A manifest is worth nothing if the module beside it is another one.
Result<int> inspect_patchset(const std::filesystem::path& folder, bool json) {
  const Patchset patchset =
      TRY(parse_patchset(TRY(read_text_file(folder / kManifestName, kLargestManifest))));
  const std::string sha256 = TRY(sha256_hex_of_file(folder / patchset.module_file));
  if (sha256 != patchset.module_sha256) {
    return fail("patchset.module-differs", "inspect " + folder.string(),
                patchset.module_file + " is not the module of the manifest", "its SHA-256 is " + sha256);
  }
  if (json)
    fmt::print("{}", json_text(to_json(patchset)));
  else
    fmt::print("{}", patchset_text(patchset));
  return kOk;
}

Result<int> inspect_object(const std::filesystem::path& path, bool json) {
  const elf::Object object = TRY(elf::read_object(path));
  Json sections = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const elf::Section& section : object.sections) {
    if (!section.allocated()) continue;
    sections.push_back(
        {{"name", section.name}, {"size", section.size}, {"relocations", section.relocations.size()}});
    rows.push_back({section.name, std::to_string(section.size), std::to_string(section.relocations.size())});
  }
  Json late = Json::array();
  for (const elf::LateRelocations& relocations : object.late_relocations) {
    late.push_back({{"name", relocations.name}, {"relocations", relocations.relocations.size()}});
    rows.push_back({relocations.name, "-", std::to_string(relocations.relocations.size())});
  }
  Json symbols = Json::array();
  std::string lookups;
  for (const elf::Symbol& symbol : object.symbols) {
    if (symbol.section != elf::kLivepatch) continue;
    symbols.push_back(symbol.name);
    lookups += symbol.name + "\n";
  }
  if (json) {
    fmt::print(
        "{}",
        json_text({{"sections", sections}, {"livepatch_relocations", late}, {"livepatch_symbols", symbols}}));
    return kOk;
  }
  fmt::print("{}", table({"SECTION", "BYTES", "RELOCATIONS"}, rows));
  if (!lookups.empty()) fmt::print("\nlooked up by livepatch:\n{}", lookups);
  return kOk;
}

}  // namespace

void add_inspect_command(CLI::App& app, Invocation& invocation) {
  const auto path = std::make_shared<std::string>();
  CLI::App& command = *app.add_subcommand("inspect", "Show what is in a patchset or a module");
  command.footer(kExamples);
  command.add_option("path", *path, "Folder of a patchset, or an object file")->required()->type_name("PATH");
  command.callback([&invocation, path] {
    invocation.action = [&invocation, path]() -> Result<int> {
      std::error_code error;
      return std::filesystem::is_directory(*path, error) ? inspect_patchset(*path, invocation.json)
                                                         : inspect_object(*path, invocation.json);
    };
  });
}

}  // namespace suture::cli
