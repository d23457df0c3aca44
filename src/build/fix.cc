// SPDX-License-Identifier: Apache-2.0
#include "build/fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/cve_id.h"
#include "base/file.h"
#include "base/hash.h"
#include "build/declarations.h"

namespace suture {
namespace {

constexpr std::size_t kLargestFix = 16u << 20;
/// A fix is refused under names of its own, which people and programs know.
Error as_of_a_fix(Error error) {
  constexpr std::string_view kDiff = "source.diff-";
  if (error.code.starts_with(kDiff)) error.code.replace(0, kDiff.size(), "build.fix-");
  return error;
}

bool is_outside_of_the_kernel(std::string_view path) {
  for (const std::string_view prefix :
       {"Documentation/", "tools/", "samples/", "LICENSES/", "MAINTAINERS", "CREDITS"}) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

Result<Fix> parse_fix(std::string_view diff, const std::string& name) {
  Fix fix;
  fix.text = diff;
  auto files = parse_unified_diff(diff, "read the fix " + name);
  if (!files) return std::unexpected(as_of_a_fix(std::move(files).error()));
  fix.files = std::move(*files);
  std::set<std::string> cves;
  const auto found = [&](std::string_view id) { cves.emplace(id); };
  for_each_cve_id(name, found);
  // Only the words before the diff say what it closes: source may name other CVEs in comments.
  const std::size_t start = diff.starts_with("--- ") ? 0 : diff.find("\n--- ");
  const std::string_view words = diff.substr(0, start);
  for_each_cve_id(words, found);
  Declarations declared = TRY(read_declarations(words, name));
  fix.record = {.name = name,
                .sha256 = sha256_hex(as_bytes(diff)),
                .cves = {cves.begin(), cves.end()},
                .updated_data = std::move(declared.updated_data),
                .accepted_layouts = std::move(declared.accepted_layouts)};
  return fix;
}

Result<Fix> read_fix(const std::filesystem::path& path) {
  const std::string text = TRY_IN("read the fix " + path.string(), read_text_file(path, kLargestFix));
  const bool has_suffix = path.extension() == ".patch" || path.extension() == ".diff";
  return parse_fix(text, (has_suffix ? path.stem() : path.filename()).string());
}

std::string_view image_beside_kernel(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFolders{{
      {"arch/x86/entry/vdso/", "the vDSO, which is mapped into every process"},
      {"arch/x86/boot/", "the boot loader's stub"},
      {"arch/x86/purgatory/", "kexec's purgatory"},
      {"arch/x86/realmode/", "the real-mode trampoline"},
      {"drivers/firmware/efi/libstub/", "the EFI stub"},
      {"usr/", "the initial file system"},
  }};
  const auto* found =
      std::ranges::find_if(kFolders, [&](const auto& folder) { return path.starts_with(folder.first); });
  return found == kFolders.end() ? std::string_view{} : found->second;
}

Result<TouchedFiles> files_touched_by(const std::vector<Fix>& fixes) {
  TouchedFiles touched;
  for (const Fix& fix : fixes) {
    for (const DiffFile& file : fix.files) {
      if (is_outside_of_the_kernel(file.path)) continue;
      const std::string what = "find the units of the fix " + fix.record.name;
      if (const std::string_view image = image_beside_kernel(file.path); !image.empty()) {
        return fail(
            "build.not-kernel-code", what, fmt::format("it changes {}, a part of {}", file.path, image),
            "that code is copied or gone by the time the kernel runs: nothing there can be redirected");
      }
      if (file.path.ends_with(".h")) {
        touched.headers.insert(file.path);
        continue;
      }
      if (!file.path.ends_with(".c")) {
        return fail("build.file-unsupported", what,
                    fmt::format("it changes {}, which is no C source", file.path));
      }
      if (file.change != FileChange::kChanged) {
        return fail("build.unit-added", what, fmt::format("it adds or removes {}", file.path),
                    "this version builds only changes to units which the kernel has");
      }
      touched.units.insert(file.path);
    }
  }
  return touched;
}

}  // namespace suture
