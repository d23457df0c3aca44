// SPDX-License-Identifier: Apache-2.0
//
// What a reader takes from a record, bounded: texts that can be shown on a terminal, lists of a length that
// makes sense, paths that stay inside a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "advisory/voice.h"
#include "base/json_view.h"

namespace suture {

/// No vulnerability known has more.
inline constexpr std::size_t kMostProducts = 16384;
inline constexpr std::size_t kMostRanges = 16384;
inline constexpr std::size_t kMostFiles = 4096;
inline constexpr std::size_t kMostCommits = 4096;
inline constexpr std::size_t kMostReferences = 512;

inline constexpr std::size_t kMostTitle = 512;
inline constexpr std::size_t kMostDescription = 32u << 10;
/// Of versions, names of packages, dates.
inline constexpr std::size_t kMostName = 256;
inline constexpr std::size_t kMostUrl = 2048;

/// "advisory.record"
std::unexpected<Error> bad_record(std::string_view name, std::string why);

/// UTF-8 without control characters but line breaks and tabs; cut to `most` bytes, between letters, with an
/// ellipsis in the end.
std::string shown_text(std::string_view text, std::size_t most);
/// As one line without white space around it.
std::string shown_line(std::string_view text, std::size_t most);

/// A name or version must be whole, or it is another one: nothing when it is longer than kMostName or holds
/// white space at an end, or control characters.
std::optional<std::string> exact_name(std::string_view text);

/// 40 hexadecimal digits, in lower case.
bool is_commit(std::string_view text);
/// "net/core/sock.c": not absolute, no "..", no empty part.
bool is_tree_path(std::string_view text);
bool is_url(std::string_view text);

/// Fills a list with what is not there yet. A hostile record has a million items, so they are not looked for
/// one by one.
class UniqueList {
 public:
  explicit UniqueList(std::vector<std::string>& list) : list_(list), seen_(list.begin(), list.end()) {}
  void add(std::string_view item) {
    if (seen_.emplace(item).second) list_.emplace_back(item);
  }

 private:
  std::vector<std::string>& list_;
  std::unordered_set<std::string> seen_;
};

/// "https://git.kernel.org/stable/c/f6ec13…", ".../commit/?id=f6ec13…",
/// "https://github.com/a/b/commit/f6ec13…" name a commit in their end. Empty when there is none.
std::string_view commit_of_url(std::string_view url);

/// Of CVSS 2 to 4, with a score in bounds. Nothing for anything else.
std::optional<Cvss> cvss_of(std::string_view vector, std::optional<double> score);
/// The later version of CVSS counts, and of two of one version the higher score.
void prefer(std::optional<Cvss>& kept, const std::optional<Cvss>& other);

}  // namespace suture
