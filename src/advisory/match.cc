// SPDX-License-Identifier: Apache-2.0
#include "advisory/match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "advisory/hunk_sight.h"
#include "advisory/inlined.h"
#include "advisory/said.h"

namespace suture {
namespace {

/// A file of the fix, as this target has it.
struct SeenFile {
  const FileCodeChange* change = nullptr;
  std::string path{};                  ///< here; empty: it is not there
  std::vector<std::string> objects{};  ///< that its code is in
  bool foreign = false;                ///< of another architecture
  bool unknown = false;                ///< whether it is compiled cannot be told
  /// A header of which only types and declarations change: they are in many units, the code is not.
  bool declares_only = false;
  std::vector<HunkSight> hunks{};

  bool compiled() const { return !path.empty() && (unknown || !objects.empty()); }
};

std::vector<std::string> item_names(const FileCodeChange& file) {
  std::vector<std::string> names;
  for (const CodeItem& item : file.items) {
    if (item.before) names.push_back(item.name);
  }
  return names;
}

bool is_header(std::string_view path) {
  return path.ends_with(".h");
}

/// Are these lines in no function or macro, or in one that is only declared here?
bool is_declaration(const SourceText& text, const HunkSight& sight) {
  return std::ranges::all_of(text.find(sight.item), [](const OutlineItem* item) {
    return !item->defined || item->kind == CodeItemKind::kType || item->kind == CodeItemKind::kVariable;
  });
}

std::string in_object(const std::vector<std::string>& objects) {
  if (objects.empty()) return {};
  if (std::ranges::find(objects, "vmlinux") != objects.end()) return "built in";
  return fmt::format("module {}", fmt::join(objects, ", "));
}

std::string place_of(const SeenFile& file, const HunkSight& sight) {
  return fmt::format("{}:{}{}", file.path, sight.line, sight.item.empty() ? "" : " " + sight.item);
}

class Matcher {
 public:
  Matcher(const Advisory& advisory, const CodeChange& change, const TargetFacts& target)
      : advisory_(advisory), change_(change), target_(target), said_(said_of(advisory, target)) {
    finding_.cve = advisory.cve;
    finding_.target = target.id.release;
  }

  Finding match() {
    if (advisory_.withdrawn()) {
      conclude(Standing::kNotAffected, Justification::kNone, "it was withdrawn by those who announced it");
      return finish();
    }
    for (const FileCodeChange& file : change_.files) {
      if (is_kernel_code(file.path)) look_at(file);
    }
    if (change_.mixed) {
      add(Evidence::Kind::kSource, Standing::kUnderInvestigation,
          "not all lines may be of this fix: " + change_.note, {});
    }
    if (files_.empty()) {
      by_what_is_said("no code of the fix is known");
    } else if (!decide_by_files()) {
      decide_by_lines();
    }
    add_places();
    return finish();
  }

 private:
  Finding finish() {
    finding_.evidence.insert(finding_.evidence.end(), said_.evidence.begin(), said_.evidence.end());
    return std::move(finding_);
  }

  void conclude(Standing standing, Justification justification, std::string reason) {
    finding_.standing = standing;
    finding_.justification = justification;
    finding_.reason = std::move(reason);
  }

  void add(Evidence::Kind kind, Standing standing, std::string text, const std::string& file,
           const HunkSight& sight = {}) {
    finding_.evidence.push_back({.kind = kind,
                                 .speaks_for = standing,
                                 .text = std::move(text),
                                 .file = file,
                                 .line = sight.line,
                                 .function = sight.item,
                                 .by = {}});
  }

  void look_at(const FileCodeChange& file) {
    const std::vector<std::string> items = item_names(file);
    std::vector<std::string> paths = target_.source->find(file.path, items);
    if (paths.empty()) paths.emplace_back();
    for (const std::string& path : paths) {
      SeenFile seen{.change = &file, .path = path};
      seen.foreign = is_of_other_architecture(path.empty() ? file.path : path, target_.id.architecture);
      if (!path.empty() && !seen.foreign) ask_for_objects(seen);
      if (seen.compiled()) look_at_lines(seen, items);
      tell(seen);
      files_.push_back(std::move(seen));
    }
  }

  void ask_for_objects(SeenFile& seen) {
    Result<std::vector<std::string>> objects = target_.objects_of(seen.path);
    if (objects) {
      seen.objects = std::move(*objects);
    } else {
      seen.unknown = true;
      add(Evidence::Kind::kConfiguration, Standing::kUnderInvestigation,
          "whether it is compiled could not be told: " + objects.error().why, seen.path);
    }
  }

  void look_at_lines(SeenFile& seen, const std::vector<std::string>& items) {
    const std::shared_ptr<const SourceText> text = target_.source->text(seen.path);
    if (text == nullptr) return;
    if (seen.change->added) {
      seen.hunks.push_back({.sight = Sight::kAfter, .line = 1, .item = {}});
      return;
    }
    for (HunkSight& sight : look_for_all(seen.change->lines, items, *text)) {
      if (sight.line != 0 && is_left_out(*text, sight.line)) {
        add(Evidence::Kind::kConfiguration, Standing::kNotAffected,
            "the preprocessor leaves it out under this configuration", seen.path, sight);
        left_out_ = true;
        if (left_out_at_.empty()) left_out_at_ = place_of(seen, sight);
        continue;
      }
      if (sight.sight != Sight::kNothing) seen.hunks.push_back(std::move(sight));
    }
    seen.declares_only =
        is_header(seen.path) && !seen.hunks.empty() &&
        std::ranges::all_of(seen.hunks, [&](const HunkSight& hunk) { return is_declaration(*text, hunk); });
  }

  bool is_left_out(const SourceText& text, std::uint32_t line) const {
    return std::ranges::any_of(text.conditions_at(line), [&](const std::string& condition) {
      return holds(condition, target_.config) == false;
    });
  }

  void tell(const SeenFile& seen) {
    using Kind = Evidence::Kind;
    const std::string& path = seen.change->path;
    if (seen.foreign)
      return add(Kind::kConfiguration, Standing::kNotAffected, "it is code of another architecture", path);
    if (seen.path.empty())
      return add(Kind::kSource, Standing::kNotAffected, "this source has no such file", path);
    if (!seen.compiled())
      return add(Kind::kConfiguration, Standing::kNotAffected, "it is not compiled in this configuration",
                 seen.path);
    if (!seen.objects.empty())
      add(Kind::kConfiguration, Standing::kUnderInvestigation, "it is compiled: " + in_object(seen.objects),
          seen.path);
    for (const HunkSight& sight : seen.hunks) tell(seen, sight);
  }

  void tell(const SeenFile& seen, const HunkSight& sight) {
    switch (sight.sight) {
      case Sight::kBefore:
        return add(Evidence::Kind::kSource, Standing::kAffected,
                   sight.removed_found ? "the lines that the fix takes away are there"
                                       : "the lines that the fix adds are not there",
                   seen.path, sight);
      case Sight::kAfter:
        return add(Evidence::Kind::kSource, Standing::kFixed, "the lines of the fix are there", seen.path,
                   sight);
      case Sight::kItemMissing:
        return add(Evidence::Kind::kSource, Standing::kNotAffected,
                   "nothing of what the fix changes is defined there", seen.path);
      case Sight::kUnclear:
        return add(Evidence::Kind::kSource, Standing::kUnderInvestigation,
                   "the code differs from that before the fix and from that behind it", seen.path);
      case Sight::kNothing:
        break;
    }
  }

  /// Whether files alone tell.
  bool decide_by_files() {
    const bool only_headers =
        std::ranges::all_of(files_, [](const SeenFile& file) { return is_header(file.change->path); });
    const bool compiled = std::ranges::any_of(files_, [&](const SeenFile& file) {
      return file.compiled() && (only_headers || !file.declares_only);
    });
    if (compiled) return false;
    if (const std::string other = other_file_compiled(); !other.empty()) {
      guess_without_code(files_.front().change->path +
                         " is not compiled, but nobody names the files of the fix, and it may be of " +
                         other);
      return true;
    }
    const auto there = std::ranges::find_if(files_, [&](const SeenFile& file) {
      return !file.path.empty() && (only_headers || !is_header(file.path));
    });
    if (there != files_.end()) {
      conclude(Standing::kNotAffected, Justification::kComponentNotPresent,
               there->foreign ? there->path + " is code of another architecture"
                              : there->path + " is not compiled in this configuration");
      return true;
    }
    const SeenFile& first = files_.front();
    if (first.foreign) {
      conclude(Standing::kNotAffected, Justification::kComponentNotPresent,
               first.change->path + " is code of another architecture");
    } else if (said_.any(Standing::kAffected)) {
      by_what_is_said("this source has no " + first.change->path + ", but may have its code elsewhere");
    } else {
      conclude(Standing::kNotAffected, Justification::kComponentNotPresent,
               "this source has no " + first.change->path);
    }
    return true;
  }

  /// That versions before the fix have the hole, says nothing of a kernel without the code.
  void guess_without_code(const std::string& why) {
    if (said_.standing() != Standing::kAffected) return by_what_is_said(why);
    conclude(Standing::kUnderInvestigation, Justification::kNone, why);
  }

  /// Where the files of the fix were guessed, one that it may be of as well, and that is compiled.
  std::string other_file_compiled() const {
    for (const std::string& path : change_.other_files) {
      if (is_header(path) || !is_kernel_code(path) || !target_.source->has(path)) continue;
      if (is_of_other_architecture(path, target_.id.architecture)) continue;
      const Result<std::vector<std::string>> objects = target_.objects_of(path);
      if (objects && !objects->empty()) return path;
    }
    return {};
  }

  /// The first hunk that is seen so, with its file.
  struct Seen {
    const SeenFile* file = nullptr;
    const HunkSight* hunk = nullptr;
    std::size_t count = 0;
  };
  Seen seen(Sight sight) const {
    Seen result;
    for (const SeenFile& file : files_) {
      for (const HunkSight& hunk : file.hunks) {
        if (hunk.sight == sight && result.count++ == 0) {
          result.file = &file;
          result.hunk = &hunk;
        }
      }
    }
    return result;
  }

  void decide_by_lines() {
    const Seen before = seen(Sight::kBefore);
    const Seen after = seen(Sight::kAfter);
    const Seen missing = seen(Sight::kItemMissing);
    const Seen unclear = seen(Sight::kUnclear);
    if (before.count > 0 && after.count > 0) return decide_by_majority(before, after);
    if (after.count > 0) {
      return conclude(Standing::kFixed, Justification::kNone,
                      "the fix is in the source at " + place_of(*after.file, *after.hunk));
    }
    if (before.count > 0) return decide_without_fix(before);
    if (left_out_ && unclear.count == 0) {
      return conclude(Standing::kNotAffected, Justification::kVulnerableCodeNotPresent,
                      "the preprocessor leaves " + left_out_at_ + " out under this configuration");
    }
    if (missing.count > 0 && unclear.count == 0 && !said_.any(Standing::kAffected)) {
      return conclude(Standing::kNotAffected, Justification::kVulnerableCodeNotPresent,
                      missing.file->path + " defines nothing of what the fix changes");
    }
    by_what_is_said(unclear.count > 0
                        ? unclear.file->path + " is written otherwise than before the fix and behind it"
                        : "nothing of the fix can be compared with this source");
  }

  /// A fix of several places of which this source has some: a backport leaves out what it does not need.
  void decide_by_majority(const Seen& before, const Seen& after) {
    const std::string both = fmt::format("{} of {} places have the fix ({}), others do not ({})", after.count,
                                         after.count + before.count, place_of(*after.file, *after.hunk),
                                         place_of(*before.file, *before.hunk));
    const Standing said = said_.standing();
    if (said == Standing::kFixed) {
      return conclude(Standing::kFixed, Justification::kNone, both + "; " + said_.first(said)->text);
    }
    // What is there may be of another fix.
    if (said == Standing::kAffected && (change_.mixed || before.count > after.count)) {
      return conclude(Standing::kAffected, Justification::kNone, both + "; " + said_.first(said)->text);
    }
    conclude(Standing::kUnderInvestigation, Justification::kNone, both);
  }

  /// Where a fix only adds lines, they may stand elsewhere and in other words: with somebody saying that it
  /// is in, their absence here proves nothing.
  void decide_without_fix(const Seen& before) {
    const std::string place = place_of(*before.file, *before.hunk);
    if (said_.standing() == Standing::kFixed && !before.hunk->removed_found) {
      return conclude(Standing::kUnderInvestigation, Justification::kNone,
                      fmt::format("{} seems to lack the lines of the fix, but {}", place,
                                  said_.first(Standing::kFixed)->text));
    }
    if (said_.not_yet_introduced && !said_.any(Standing::kAffected)) {
      return conclude(
          Standing::kNotAffected, Justification::kVulnerableCodeNotPresent,
          fmt::format("{} is as before the fix, but {}", place, said_.first(Standing::kNotAffected)->text));
    }
    conclude(Standing::kAffected, Justification::kNone,
             fmt::format("{}: {}{}", place,
                         before.hunk->removed_found ? "the lines that the fix takes away are there"
                                                    : "the lines that the fix adds are not there",
                         before.file->objects.empty() ? "" : ", " + in_object(before.file->objects)));
  }

  void by_what_is_said(const std::string& why) {
    const Standing said = said_.standing();
    if (said == Standing::kUnderInvestigation) {
      return conclude(said, Justification::kNone,
                      said_.evidence.empty() ? why + ", and nobody says more"
                                             : why + ", and what is said of it is not the same");
    }
    conclude(said,
             said == Standing::kNotAffected ? Justification::kVulnerableCodeNotPresent : Justification::kNone,
             why + "; " + said_.first(said)->text);
  }

  void add_places() {
    for (const SeenFile& file : files_) {
      if (!file.compiled()) continue;
      const std::shared_ptr<const SourceText> text = target_.source->text(file.path);
      if (text == nullptr) continue;
      for (const std::string& function : functions_of(file, *text)) {
        for (const std::string& object : file.objects)
          finding_.places.push_back(place_in(object, file.path, *text, function));
      }
    }
  }

  /// Those that the fix changes, and those that its lines were seen in: not every diff tells.
  static std::vector<std::string> functions_of(const SeenFile& file, const SourceText& text) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
      const auto found = text.find(name);
      const bool is_function = std::ranges::any_of(
          found, [](const OutlineItem* item) { return item->kind == CodeItemKind::kFunction; });
      if (is_function && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (const CodeItem& item : file.change->items) add(item.name);
    for (const HunkSight& hunk : file.hunks) add(hunk.item);
    return names;
  }

  CodePlace place_in(const std::string& object, const std::string& path, const SourceText& text,
                     const std::string& function) const {
    CodePlace place{.file = path, .object = object, .function = function};
    if (!target_.has_symbol) return place;
    const auto has_symbol = [&](const std::string& name) { return target_.has_symbol(object, name); };
    place.has_symbol = has_symbol(function);
    if (!place.has_symbol) {
      place.inlined_into = inlined_into(text, function, has_symbol,
                                        [&](std::uint32_t line) { return is_left_out(text, line); });
    }
    return place;
  }

  const Advisory& advisory_;
  const CodeChange& change_;
  const TargetFacts& target_;
  Said said_;
  Finding finding_;
  std::vector<SeenFile> files_;
  bool left_out_ = false;  // a hunk that the preprocessor leaves out
  std::string left_out_at_;
};

}  // namespace

Finding match(const Advisory& advisory, const CodeChange& change, const TargetFacts& target) {
  return Matcher(advisory, change, target).match();
}

}  // namespace suture
