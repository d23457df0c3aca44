// SPDX-License-Identifier: Apache-2.0
//
// Two passes. The first gives each fix its file: by the place that its subject names, and by the part there
// whose words are most like its own; rare words count more. The second gives each part of a file to one of
// the fixes that came there, in the same way; what no words claim goes with the function that it is in, or
// with the lines that name what it adds.
#include "advisory/version_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "advisory/fix_words.h"
#include "advisory/word_index.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

// How much each kind of sign counts. Words of a description are many and say less than a subject's.
constexpr double kPlaceWeight = 35;
constexpr double kNameWeight = 2;
constexpr double kDescriptionWeight = 0.35;
/// A name of what the lines are in, and words of lines that stay beside them.
constexpr double kItemWeight = 2;
constexpr double kContextWeight = 0.3;
/// Declarations follow the code: of two files that fit, a header is the less likely.
constexpr double kHeaderShare = 0.7;
/// What is left of a part's worth for a fix when another's words fit it better.
constexpr double kOthersShare = 0.8;
/// Candidates name at least this share of the best one's places.
constexpr double kPlaceShare = 0.7;
/// A part is one fix's when the next one's words fit it this much less.
constexpr double kClearly = 0.85;
/// A file's worth is its best part, and a little of the next ones.
constexpr double kNextParts = 0.25;
/// Files that fit this nearly as well as the best are equal: none is chosen among them.
constexpr double kEqually = 0.999;
/// And from here on there is doubt.
constexpr double kNearly = 0.97;
/// A name in no more parts than this ties them together.
constexpr std::size_t kRareName = 6;
/// Of a file that only one fix is known to change: what changes more than this was changed by others, too.
constexpr std::size_t kMostItemsOfOne = 8;

/// How many files are told that a fix may be of as well: a subject that says "net" fits hundreds.
constexpr std::size_t kMostOthers = 64;

using Id = WordIndex::Id;

struct Score {
  Id document = 0;
  double value = 0;
};

/// A file's share of the difference, in the list of all parts.
struct PartRange {
  Id begin = 0;
  Id end = 0;
};

void add_path(const std::string& path, Id file, WordIndex& places) {
  const fs::path whole(path);
  std::set<std::string> names;
  for (const fs::path& component : whole) {
    std::string name = component.string();
    if (component == whole.filename()) name = component.stem().string();
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    names.insert(name);
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find_first_of("-_.", begin), name.size());
      if (end - begin >= 2) names.insert(name.substr(begin, end - begin));
      begin = end + 1;
    }
    std::ranges::replace(name, '-', '_');
    names.insert(name);
  }
  for (const std::string& name : names) places.add(name, file);
}

/// What no kernel is built of is no place of a vulnerability, unless a record says so.
bool is_beside_the_kernel(std::string_view path) {
  return std::ranges::any_of(
      std::array<std::string_view, 4>{"tools/", "samples/", "Documentation/", "scripts/"},
      [&](std::string_view folder) { return path.starts_with(folder); });
}

class Attribution {
 public:
  Attribution(const std::vector<ChangedFile>& difference, const std::vector<DescribedFix>& fixes)
      : difference_(difference), fixes_(fixes) {
    for (Id file = 0; file < difference.size(); ++file) {
      file_ids_.emplace(difference[file].path, file);
      files_called_.emplace(fs::path(difference[file].path).filename().string(), file);
      if (!is_beside_the_kernel(difference[file].path)) add_path(difference[file].path, file, places_);
      const auto begin = static_cast<Id>(files_of_parts_.size());
      for (const ChangedPart& part : difference[file].parts) {
        add_part(part, static_cast<Id>(files_of_parts_.size()));
        files_of_parts_.push_back(file);
      }
      ranges_.push_back({begin, static_cast<Id>(files_of_parts_.size())});
    }
  }

  std::vector<CodeChange> run(const std::string& origin) {
    score_of_part_.resize(files_of_parts_.size());
    best_of_part_.resize(files_of_parts_.size());
    chosen_.resize(fixes_.size());
    // Once alone, then knowing which parts are others'.
    for (int round = 0; round < 2; ++round) {
      for (std::size_t fix = 0; fix < fixes_.size(); ++fix) chosen_[fix] = choose(fix);
      for (std::size_t fix = 0; fix < fixes_.size(); ++fix) {
        for (const Score& part : chosen_[fix].parts) {
          Best& best = best_of_part_[part.document];
          if (round == 0 && part.value > best.value) best = {part.value, fix};
        }
      }
    }
    give_parts();
    follow_names();
    std::vector<CodeChange> changes;
    for (std::size_t fix = 0; fix < fixes_.size(); ++fix) changes.push_back(change_of(fix, origin));
    return changes;
  }

 private:
  /// What a fix came to.
  struct Chosen {
    std::vector<Id> files{};
    bool are_named = false;      ///< by a record, which names all of them
    std::vector<Score> parts{};  ///< of these files, whose words are its own
    std::vector<Id> given{};
    std::vector<Id> others{};  ///< files that were not chosen, the best first
    bool mixed = false;
    std::string note{};
  };

  void add_part(const ChangedPart& part, Id id) {
    std::set<std::string> names;
    for (const CodeItem& item : part.items) names.insert(item.name);
    for (const auto* lines : {&part.lines.removed, &part.lines.added}) {
      for (const std::string& line : *lines) {
        for (const std::string_view name : names_in(line)) names.emplace(name);
      }
    }
    std::set<std::string> words;
    for (const std::string& name : names) {
      names_.add(name, id);
      for (std::string& word : words_of_name(name)) words.insert(std::move(word));
    }
    for (const std::string& word : words) words_.add(word, id);
    std::set<std::string> beside;
    for (const auto* lines : {&part.lines.leading, &part.lines.trailing}) {
      for (const std::string& line : *lines) {
        for (const std::string_view name : names_in(line)) {
          for (std::string& word : words_of_name(name)) {
            if (!words.contains(word)) beside.insert(std::move(word));
          }
        }
      }
    }
    for (const std::string& word : beside) beside_.add(word, id);
    for (const CodeItem& item : part.items) items_.add(item.name, id);
  }

  /// Adds to score_of_part_; touched_ says where.
  void score(const WordIndex& postings, const std::string& term, double weight) {
    const std::vector<Id>* list = postings.find(term);
    if (list == nullptr) return;
    const double worth = postings.worth(*list) * weight;
    for (const Id part : *list) {
      if (score_of_part_[part] == 0) touched_.push_back(part);
      score_of_part_[part] += worth;
    }
  }

  void score_words(const FixWords& words, double weight) {
    for (const std::string& name : words.names) {
      score(names_, name, weight * kNameWeight);
      score(items_, name, weight * kItemWeight);
    }
    for (const std::string& word : words.words) {
      score(words_, word, weight);
      score(beside_, word, weight * kContextWeight);
    }
  }

  /// "dm-era" is a place, or "dm" and "era" are.
  std::vector<std::vector<std::string>> known_places(const FixWords& words) const {
    std::vector<std::vector<std::string>> known;
    for (const auto& names : words.places) {
      const auto is_known = [&](const std::string& name) { return places_.find(name) != nullptr; };
      if (std::ranges::any_of(names, is_known)) {
        known.push_back(names);
        continue;
      }
      for (const std::string& piece : words_of_name(names.front())) {
        if (is_known(piece)) known.push_back({piece});
      }
    }
    return known;
  }

  /// Files by the places that the subject names, best first; only those near the best.
  std::vector<Score> files_at_places(const FixWords& words) const {
    std::map<Id, double> sums;
    double all = 0;
    for (const auto& names : known_places(words)) {
      std::set<Id> here;
      double worth = 0;
      for (const std::string& name : names) {
        const std::vector<Id>* list = places_.find(name);
        if (list == nullptr) continue;
        here.insert(list->begin(), list->end());
        worth = std::max(worth, places_.worth(*list));
      }
      all += worth;
      for (const Id file : here) sums[file] += worth;
    }
    double best = 0;
    for (const auto& [file, sum] : sums) best = std::max(best, sum);
    std::vector<Score> files;
    for (const auto& [file, sum] : sums) {
      if (sum >= best * kPlaceShare) files.push_back({file, sum / all});
    }
    return files;
  }

  /// Records name files as the newest kernel has them, and files move between folders.
  std::optional<Id> file_elsewhere(const std::string& path) const {
    const auto same = files_called_.equal_range(fs::path(path).filename().string());
    if (same.first == same.second || std::next(same.first) != same.second) return std::nullopt;
    return same.first->second;
  }

  std::vector<Score> candidates(const DescribedFix& fix, const FixWords& words, bool& are_named) const {
    std::vector<Score> files;
    for (const std::string& path : fix.files) {
      const auto id = file_ids_.find(path);
      if (id != file_ids_.end()) files.push_back({id->second, 1});
    }
    if (files.empty()) {
      for (const std::string& path : fix.files) {
        if (const auto moved = file_elsewhere(path)) files.push_back({*moved, 1});
      }
    }
    are_named = !files.empty();
    if (!are_named) files = files_at_places(words);
    return files;
  }

  /// The fix whose words fit a part best.
  struct Best {
    double value = 0;
    std::size_t fix = 0;
  };

  Chosen choose(std::size_t index) {
    const DescribedFix& fix = fixes_[index];
    const FixWords title = fix_words(fix.title, {});
    touched_.clear();
    score_words(title, 1);
    if (!fix.description.empty()) score_words(fix_words({}, fix.description), kDescriptionWeight);
    for (const Id part : touched_) {
      const Best& best = best_of_part_[part];
      if (best.value > score_of_part_[part] && best.fix != index) score_of_part_[part] *= kOthersShare;
    }
    Chosen chosen;
    const std::vector<Score> files = candidates(fix, title, chosen.are_named);
    if (chosen.are_named) {
      for (const Score& file : files) chosen.files.push_back(file.document);
    } else {
      choose_by_words(files, chosen);
    }
    for (const Id file : chosen.files) {
      for (Id part = ranges_[file].begin; part < ranges_[file].end; ++part) {
        if (score_of_part_[part] > 0) chosen.parts.push_back({part, score_of_part_[part]});
      }
    }
    for (const Id part : touched_) score_of_part_[part] = 0;
    return chosen;
  }

  double words_in(Id file) const {
    double best = 0;
    double next = 0;
    for (Id part = ranges_[file].begin; part < ranges_[file].end; ++part) {
      const double value = score_of_part_[part];
      next = std::max(next, std::min(best, value));
      best = std::max(best, value);
    }
    return best + kNextParts * next;
  }

  void choose_by_words(std::vector<Score> files, Chosen& chosen) const {
    if (files.empty()) {
      chosen.note = "no file that differs is where the subject says";
      return;
    }
    for (Score& file : files) {
      file.value = file.value * kPlaceWeight + words_in(file.document);
      if (difference_[file.document].path.ends_with(".h")) file.value *= kHeaderShare;
    }
    std::ranges::stable_sort(files, std::ranges::greater(), &Score::value);
    const auto as_good = [&](double share) {
      return std::ranges::count_if(
          files, [&](const Score& file) { return file.value >= files.front().value * share; });
    };
    if (const auto equal = as_good(kEqually); equal > 1) {
      chosen.note = fmt::format("the subject fits {} files that differ", equal);
      return;
    }
    chosen.files.push_back(files.front().document);
    for (std::size_t i = 1; i < std::min(files.size(), kMostOthers); ++i)
      chosen.others.push_back(files[i].document);
    if (as_good(kNearly) > 1) {
      chosen.mixed = true;
      chosen.note = fmt::format("the subject fits {} nearly as well", difference_[files[1].document].path);
    }
  }

  void give_parts() {
    std::map<Id, std::vector<std::size_t>> claimants;
    for (std::size_t fix = 0; fix < chosen_.size(); ++fix) {
      for (const Id file : chosen_[fix].files) claimants[file].push_back(fix);
    }
    for (const auto& [file, fixes] : claimants) give_parts_of(file, fixes);
  }

  double score_of(std::size_t fix, Id part) const {
    const auto& parts = chosen_[fix].parts;
    const auto found = std::ranges::lower_bound(parts, part, {}, &Score::document);
    return found != parts.end() && found->document == part ? found->value : 0;
  }

  void give_parts_of(Id file, const std::vector<std::size_t>& fixes) {
    const PartRange range = ranges_[file];
    if (fixes.size() == 1) {
      std::set<std::string> items;
      for (Id part = range.begin; part < range.end; ++part) {
        chosen_[fixes.front()].given.push_back(part);
        for (const CodeItem& item : difference_[file].parts[part - range.begin].items)
          items.insert(item.name);
      }
      if (items.size() > kMostItemsOfOne) {
        chosen_[fixes.front()].mixed = true;
        chosen_[fixes.front()].note =
            fmt::format("{} changes in {} places", difference_[file].path, items.size());
      }
      return;
    }
    std::map<Id, std::vector<std::size_t>> owners;
    std::vector<Id> unclaimed;
    for (Id part = range.begin; part < range.end; ++part) {
      double best = 0;
      for (const std::size_t fix : fixes) best = std::max(best, score_of(fix, part));
      if (best == 0) {
        unclaimed.push_back(part);
        continue;
      }
      for (const std::size_t fix : fixes) {
        if (score_of(fix, part) >= best * kClearly) owners[part].push_back(fix);
      }
    }
    for (const Id part : unclaimed) {
      if (auto same = owners_of_same_item(file, part, owners); !same.empty()) owners[part] = std::move(same);
    }
    std::set<std::size_t> served;
    for (const auto& [part, its] : owners) {
      for (const std::size_t fix : its) {
        chosen_[fix].given.push_back(part);
        if (its.size() > 1) mix(fix, file, fixes.size());
        served.insert(fix);
      }
    }
    for (const std::size_t fix : fixes) {
      if (!served.contains(fix)) give_the_rest(fix, file, fixes.size(), owners);
    }
  }

  void mix(std::size_t fix, Id file, std::size_t fixes) {
    chosen_[fix].mixed = true;
    if (chosen_[fix].note.empty())
      chosen_[fix].note =
          fmt::format("{} fixes change {} between these versions", fixes, difference_[file].path);
  }

  /// Who else's lines are in the function, when that is one fix.
  std::vector<std::size_t> owners_of_same_item(Id file, Id part,
                                               const std::map<Id, std::vector<std::size_t>>& owners) const {
    const auto& parts = difference_[file].parts;
    const auto& items = parts[part - ranges_[file].begin].items;
    std::set<std::size_t> found;
    for (const auto& [other, its] : owners) {
      const bool shares =
          std::ranges::any_of(parts[other - ranges_[file].begin].items, [&](const CodeItem& item) {
            return std::ranges::any_of(items, [&](const CodeItem& own) { return own.name == item.name; });
          });
      if (shares) found.insert(its.begin(), its.end());
    }
    if (found.size() != 1) return {};
    return {found.begin(), found.end()};
  }

  /// A fix whose words are nobody's: what nobody else has; or, when there is nothing, what may be its.
  void give_the_rest(std::size_t fix, Id file, std::size_t fixes,
                     const std::map<Id, std::vector<std::size_t>>& owners) {
    const PartRange range = ranges_[file];
    Chosen& chosen = chosen_[fix];
    const std::size_t before = chosen.given.size();
    for (Id part = range.begin; part < range.end; ++part) {
      const double own = score_of(fix, part);
      if (!owners.contains(part) || own > 0) chosen.given.push_back(part);
    }
    if (chosen.given.size() == before) {
      for (Id part = range.begin; part < range.end; ++part) chosen.given.push_back(part);
    }
    mix(fix, file, fixes);
  }

  /// What nobody claims goes to the one fix whose lines have its rare names: a line of a header, or a call of
  /// what the fix adds.
  void follow_names() {
    std::vector<std::vector<std::size_t>> owners(files_of_parts_.size());
    for (std::size_t fix = 0; fix < chosen_.size(); ++fix) {
      for (const Id part : chosen_[fix].given) owners[part].push_back(fix);
    }
    const std::set<std::string> added = added_items();
    for (Id part = 0; part < owners.size(); ++part) {
      const Id file = files_of_parts_[part];
      const std::string& path = difference_[file].path;
      if (!owners[part].empty() || is_beside_the_kernel(path)) continue;
      std::set<std::size_t> fixes;
      for (const std::string& line : difference_[file].parts[part - ranges_[file].begin].lines.added) {
        for (const std::string_view word : names_in(line)) {
          const std::string name(word);
          if (path.ends_with(".h") || added.contains(name)) who_has(name, owners, fixes);
        }
      }
      if (fixes.size() == 1 && !chosen_[*fixes.begin()].are_named)
        chosen_[*fixes.begin()].given.push_back(part);
    }
  }

  std::set<std::string> added_items() const {
    std::set<std::string> added;
    for (const ChangedFile& file : difference_) {
      for (const ChangedPart& part : file.parts) {
        for (const CodeItem& item : part.items) {
          if (!item.before) added.insert(item.name);
        }
      }
    }
    return added;
  }

  void who_has(const std::string& name, const std::vector<std::vector<std::size_t>>& owners,
               std::set<std::size_t>& fixes) const {
    const std::vector<Id>* list = names_.find(name);
    if (list == nullptr || list->size() > kRareName) return;
    for (const Id part : *list) fixes.insert(owners[part].begin(), owners[part].end());
  }

  CodeChange change_of(std::size_t fix, const std::string& origin) {
    Chosen& chosen = chosen_[fix];
    CodeChange change{.origin = origin, .mixed = chosen.mixed, .note = chosen.note};
    for (const Id file : chosen.others) change.other_files.push_back(difference_[file].path);
    std::ranges::sort(chosen.given);
    for (auto part = chosen.given.begin(); part != chosen.given.end();) {
      const Id file = files_of_parts_[*part];
      std::vector<std::size_t> parts;
      for (; part != chosen.given.end() && files_of_parts_[*part] == file; ++part)
        parts.push_back(*part - ranges_[file].begin);
      change.files.push_back(change_of_parts(difference_[file], parts));
    }
    return change;
  }

  const std::vector<ChangedFile>& difference_;
  const std::vector<DescribedFix>& fixes_;
  std::map<std::string, Id> file_ids_;
  std::multimap<std::string, Id> files_called_;  ///< without folders
  std::vector<PartRange> ranges_;                ///< by file
  std::vector<Id> files_of_parts_;               ///< by part
  WordIndex places_;                             ///< of files
  WordIndex names_;                              ///< of parts
  WordIndex items_;
  WordIndex words_;
  WordIndex beside_;  ///< words of lines that stay
  std::vector<double> score_of_part_;
  std::vector<Best> best_of_part_;
  std::vector<Id> touched_;
  std::vector<Chosen> chosen_;
};

}  // namespace

std::vector<CodeChange> changes_of_fixes(const std::vector<ChangedFile>& difference,
                                         const std::vector<DescribedFix>& fixes, const std::string& origin) {
  return Attribution(difference, fixes).run(origin);
}

}  // namespace suture
