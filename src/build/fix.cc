// SPDX-License-Identifier: Apache-2.0
#include "build/fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "base/cve_id.h"
#include "base/file.h"
#include "base/hash.h"
#include "build/declarations.h"

namespace suture {
namespace {

constexpr std::size_t kLargestFix = 16u << 20;
class DiffReader {
 public:
  DiffReader(std::string_view text, const std::string& name) : rest_(text), what_("read the fix " + name) {}

  Result<std::vector<FixFile>> read() {
    while (next()) {
      if (line_.starts_with("--- "))
        TRY(file());
      else if (line_.starts_with("@@ "))
        TRY(hunk());
      else
        TRY(git_header());
    }
    TRY(end_of_git_section());
    for (const FixFile& entry : files_) {
      if (entry.hunks == 0) return malformed(entry.path + " has no hunk");
    }
    if (files_.empty())
      return fail("build.fix-empty", what_, "it holds no change",
                  "give a unified diff, as git diff prints it");
    return std::move(files_);
  }

 private:
  std::unexpected<Error> malformed(const std::string& why) const {
    return fail("build.fix-malformed", what_, fmt::format("line {}: {}", number_, why));
  }

  std::unexpected<Error> unsupported(const std::string& why) const {
    return fail("build.fix-unsupported", what_, fmt::format("line {}: {}", number_, why));
  }

  bool next() {
    if (rest_.empty()) return false;
    line_ = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
    ++number_;
    return true;
  }

  /// What git says before the "---" line. A change that no hunk shows must not be lost silently.
  Result<void> git_header() {
    if (line_.starts_with("diff --git ")) {
      TRY(end_of_git_section());
      without_hunk_ = true;
    }
    if (line_.starts_with("GIT binary patch") || line_.starts_with("Binary files "))
      return unsupported("it changes a binary file");
    if (line_.starts_with("rename from ") || line_.starts_with("copy from "))
      return unsupported("it renames or copies a file");
    // Regular files are 100644 and 100755; 120000 is a link, 160000 a submodule.
    const bool mode = line_.starts_with("new file mode ") || line_.starts_with("new mode ");
    if (mode && line_.find(" mode 100") == std::string_view::npos)
      return unsupported("it makes a link or another file that is not a regular one");
    return {};
  }

  Result<void> end_of_git_section() const {
    if (without_hunk_) return unsupported("before it, a file is changed without a hunk");
    return {};
  }

  /// "--- a/net/core/sock.c\t(time)" and the "+++" line that follows it.
  Result<void> file() {
    const std::string_view before = line_.substr(4);
    if (!next() || !line_.starts_with("+++ ")) return malformed("no +++ follows the --- line");
    const std::string_view after = line_.substr(4);
    without_hunk_ = false;
    FixFile entry;
    if (is_null(before)) entry.change = FileChange::kAdded;
    if (is_null(after)) entry.change = FileChange::kRemoved;
    entry.path = TRY(tree_path(entry.change == FileChange::kRemoved ? before : after));
    if (entry.change == FileChange::kChanged && TRY(tree_path(before)) != entry.path) {
      return unsupported("it renames a file to " + entry.path);
    }
    // patch(1) undoes the line ends of a diff that was mailed as CRLF when its names end so.
    const std::string_view end = after.ends_with('\r') ? "\t\r\n" : "\t\n";
    const std::string a = entry.change == FileChange::kAdded ? "/dev/null" : "a/" + entry.path;
    const std::string b = entry.change == FileChange::kRemoved ? "/dev/null" : "b/" + entry.path;
    entry.diff = fmt::format("--- {}{}+++ {}{}", a, end, b, end);
    files_.push_back(std::move(entry));
    return {};
  }

  static std::string_view file_name(std::string_view name) {
    name = name.substr(0, name.find('\t'));
    while (name.ends_with('\r') || name.ends_with(' ')) name.remove_suffix(1);
    return name;
  }

  static bool is_null(std::string_view name) { return file_name(name) == "/dev/null"; }

  /// What is left of it after -p1.
  Result<std::string> tree_path(std::string_view name) const {
    name = file_name(name);
    const std::filesystem::path whole{std::string(name)};
    std::filesystem::path path;
    bool first = true;
    bool outside = whole.is_absolute() || name.find('\0') != std::string_view::npos;
    for (const auto& part : whole) {
      outside = outside || part == ".." || part == "." || part.empty();
      if (!first) path /= part;
      first = false;
    }
    if (outside || path.empty()) {
      return fail("build.fix-path", what_,
                  fmt::format("line {}: \"{}\" is no path in a kernel tree", number_, name),
                  "paths are taken as by patch -p1: \"a/net/core/sock.c\"");
    }
    return path.string();
  }

  /// "@@ -a,b +c,d @@": then b lines of the old and d of the new file follow.
  Result<void> hunk() {
    if (files_.empty()) return malformed("a hunk without a file");
    const char* const start = line_.data();
    std::string_view head = line_.substr(3);
    std::size_t removed = TRY(range(head, '-'));
    std::size_t added = TRY(range(head, '+'));
    while (removed > 0 || added > 0) {
      if (!next()) return malformed("the hunk ends too early");
      const char kind = line_.empty() ? ' ' : line_[0];
      if (kind == '\\') continue;
      const bool old_line = kind == ' ' || kind == '-';
      const bool new_line = kind == ' ' || kind == '+';
      if ((!old_line && !new_line) || (old_line && removed == 0) || (new_line && added == 0)) {
        return malformed("the hunk does not have the lines that its head announces");
      }
      removed -= old_line ? 1 : 0;
      added -= new_line ? 1 : 0;
    }
    // "\\ No newline at end of file"
    if (rest_.starts_with('\\')) next();
    FixFile& entry = files_.back();
    entry.diff.append(start, rest_.data());
    if (!entry.diff.ends_with('\n')) entry.diff += '\n';
    ++entry.hunks;
    return {};
  }

  Result<std::size_t> range(std::string_view& head, char sign) const {
    const auto number = [&]() -> std::optional<std::size_t> {
      std::size_t value = 0;
      const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), value);
      if (error != std::errc{}) return std::nullopt;
      head.remove_prefix(static_cast<std::size_t>(end - head.data()));
      return value;
    };
    if (!head.starts_with(sign)) return malformed("the head of the hunk is not understood");
    head.remove_prefix(1);
    if (!number()) return malformed("the head of the hunk is not understood");
    std::size_t lines = 1;
    if (head.starts_with(',')) {
      head.remove_prefix(1);
      const auto given = number();
      if (!given) return malformed("the head of the hunk is not understood");
      lines = *given;
    }
    if (head.starts_with(' ')) head.remove_prefix(1);
    return lines;
  }

  std::string_view rest_;
  std::string what_;
  std::string_view line_;
  std::size_t number_ = 0;
  bool without_hunk_ = false;  ///< in a section of git's which has shown none so far
  std::vector<FixFile> files_;
};

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
  fix.files = TRY(DiffReader(diff, name).read());
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
    for (const FixFile& file : fix.files) {
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
