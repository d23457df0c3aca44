// SPDX-License-Identifier: Apache-2.0
#include "build/fix_fit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>
#include <sstream>

#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// Calls `line(file, text)` for what patch(1) prints about each hunk: "Hunk #2 FAILED at 37."
template <class Line>
void for_each_hunk(const std::string& report, Line line) {
  std::istringstream lines(report);
  std::string file;
  for (std::string text; std::getline(lines, text);) {
    for (const std::string_view head : {"patching file ", "checking file "}) {
      if (text.starts_with(head)) file = text.substr(head.size());
    }
    if (text.starts_with("Hunk #") || text.starts_with("Reversed (or previously applied)")) line(file, text);
  }
}

std::string_view number_of_hunk(std::string_view text) {
  text.remove_prefix(std::string_view("Hunk #").size());
  return text.substr(0, text.find(' '));
}

std::string failed_hunks(const std::string& report) {
  std::vector<std::string> failed;
  for_each_hunk(report, [&](const std::string& file, const std::string& text) {
    constexpr std::string_view kFailed = " FAILED at ";
    const std::size_t at = text.find(kFailed);
    if (!text.starts_with("Hunk #")) {
      failed.push_back(file + ": a part of the change is there already");
    } else if (at != std::string::npos) {
      std::string_view line = std::string_view(text).substr(at + kFailed.size());
      line = line.substr(0, line.find_first_not_of("0123456789"));
      failed.push_back(
          fmt::format("{}: hunk {} does not match near line {}", file, number_of_hunk(text), line));
    }
  });
  return fmt::format("{}", fmt::join(failed, "; "));
}

/// "Hunk #1 succeeded at 125 (offset 3 lines)."
std::vector<std::string> moved_hunks(const std::string& report) {
  std::vector<std::string> moved;
  for_each_hunk(report, [&](const std::string& file, const std::string& text) {
    constexpr std::string_view kOffset = "(offset ";
    const std::size_t at = text.find(kOffset);
    int lines = 0;
    if (at == std::string::npos) return;
    const char* begin = text.data() + at + kOffset.size();
    if (std::from_chars(begin, text.data() + text.size(), lines).ec != std::errc{}) return;
    moved.push_back(fmt::format("{}: hunk {}, {} lines further {}", file, number_of_hunk(text),
                                std::abs(lines), lines < 0 ? "up" : "down"));
  });
  return moved;
}

std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

/// Of a hunk that only removes, nothing is left to be recognised by.
bool each_hunk_adds(const Fix& fix) {
  const auto says_something = [](std::string_view line) {
    return std::ranges::any_of(line, [](unsigned char c) { return std::isalnum(c) != 0; });
  };
  for (const DiffFile& file : fix.files) {
    bool adds = true;
    for (std::string_view rest = file.diff; !rest.empty();) {
      const std::string_view line = next_line(rest);
      if (line.starts_with("@@ ")) {
        if (!adds) return false;
        adds = false;
      }
      if (line.starts_with('+') && !line.starts_with("+++ ") && says_something(line)) adds = true;
    }
    if (!adds) return false;
  }
  return true;
}

/// The functions that the hunks name behind the second "@@", as diff does: "static int f(struct sock *sk)".
std::set<std::string> functions_of(const Fix& fix) {
  std::set<std::string> names;
  for (const DiffFile& file : fix.files) {
    for (std::string_view rest = file.diff; !rest.empty();) {
      const std::string_view line = next_line(rest);
      const std::size_t behind = line.starts_with("@@ ") ? line.find(" @@", 3) : std::string_view::npos;
      if (behind == std::string_view::npos) continue;
      const std::string_view head = line.substr(behind + 3);
      const std::size_t open = head.find('(');
      if (open == std::string_view::npos) continue;
      const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
      std::size_t begin = open;
      while (begin > 0 && is_word(static_cast<unsigned char>(head[begin - 1]))) --begin;
      if (begin < open) names.emplace(head.substr(begin, open - begin));
    }
  }
  return names;
}

class Fitting {
 public:
  Fitting(const Fix& fix, const fs::path& tree, const fs::path& pristine)
      : fix_(fix), tree_(tree), pristine_(pristine) {
    for (const DiffFile& file : fix.files) diff_ += file.diff;
  }

  Result<FixFit> run() {
    if (const std::vector<std::string> missing = missing_files(); !missing.empty()) return absent(missing);
    const Finished trial = TRY(patch({"--forward", "--dry-run"}));
    if (trial.status != 0) return there_already(trial);
    const Finished applied = TRY(patch({"--forward"}));
    if (applied.status != 0) return does_not_apply(applied.out + applied.err);
    return FixFit{.fix = fix_.record.name,
                  .not_affected = {},
                  .already_fixed = false,
                  .drift = moved_hunks(applied.out)};
  }

 private:
  Result<Finished> patch(std::vector<std::string> more) const {
    Command command{.argv = {"patch", "-p1", "--unified", "--fuzz=0", "--batch", "--no-backup-if-mismatch",
                             "--reject-file=-"},
                    .directory = tree_,
                    .environment = {{"LC_ALL", "C"}, {"PATCH_GET", "0"}},
                    .input = diff_};
    command.argv.insert(command.argv.end(), more.begin(), more.end());
    return suture::run(command);
  }

  std::unexpected<Error> does_not_apply(const std::string& report) const {
    std::string why = failed_hunks(report);
    if (why.empty()) why = "patch says: " + report;
    return refuse(std::move(why),
                  "the source of this kernel differs there; take the fix of this version's stable series, or "
                  "adapt it");
  }
  std::unexpected<Error> refuse(std::string why, std::string hint) const {
    return fail("build.fix-does-not-apply", "apply the fix " + fix_.record.name, std::move(why),
                std::move(hint));
  }
  FixFit not_affected(std::string why, bool already_fixed) const {
    return {
        .fix = fix_.record.name, .not_affected = std::move(why), .already_fixed = already_fixed, .drift = {}};
  }

  std::vector<std::string> missing_files() const {
    std::vector<std::string> missing;
    for (const DiffFile& file : fix_.files) {
      std::error_code error;
      const bool there = fs::is_regular_file(tree_ / file.path, error);
      if (file.change != FileChange::kAdded && !there) missing.push_back(file.path);
    }
    return missing;
  }

  Result<FixFit> there_already(const Finished& forward) const {
    const Finished reverse = TRY(patch({"--reverse", "--force", "--dry-run"}));
    if (reverse.status != 0 || !each_hunk_adds(fix_)) return does_not_apply(forward.out + forward.err);
    std::size_t hunks = 0;
    for (const DiffFile& file : fix_.files) hunks += file.hunks.size();
    return not_affected(
        fmt::format("the source of this kernel has the fix already, {} of {} hunks", hunks, hunks), true);
  }

  /// The code may have another name, or be in another file: so its functions must be nowhere, either.
  Result<FixFit> absent(const std::vector<std::string>& missing) const {
    const std::string files = fmt::format("the source of this kernel has no {}", fmt::join(missing, ", "));
    const std::set<std::string> functions = functions_of(fix_);
    const bool all = missing.size() == fix_.files.size();
    if (!all || functions.empty())
      return refuse(files,
                    "the fix was made for another version; look for the one of this version's stable "
                    "series");
    Command grep{.argv = {"grep", "-r", "-l", "-w", "-F", "--include=*.c", "--include=*.h"},
                 .directory = pristine_,
                 .environment = {{"LC_ALL", "C"}, {"GREP_OPTIONS", ""}}};
    for (const std::string& name : functions) grep.argv.insert(grep.argv.end(), {"-e", name});
    grep.argv.emplace_back(".");
    const Finished found = TRY(suture::run(grep));
    if (found.status > 1) return fail("file.read", "search the source of this kernel", found.err);
    if (found.status == 1)
      return not_affected(
          fmt::format("{}, and nothing of it is called {}", files, fmt::join(functions, " or ")), false);
    std::string_view place = found.out;
    place = place.substr(0, place.find('\n'));
    place.remove_prefix(std::min<std::size_t>(2, place.size()));
    return refuse(fmt::format("{}, but {} speaks of {}", files, place, fmt::join(functions, " or ")),
                  "the code is elsewhere in this version: adapt the fix as a variant for it");
  }

  const Fix& fix_;
  const fs::path& tree_;
  const fs::path& pristine_;
  std::string diff_;
};

}  // namespace

Result<FixFit> fit_fix(const Fix& fix, const fs::path& tree, const fs::path& pristine) {
  return Fitting(fix, tree, pristine).run();
}

}  // namespace suture
