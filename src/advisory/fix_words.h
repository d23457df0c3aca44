// SPDX-License-Identifier: Apache-2.0
//
// What the words about a fix say of where it is. A subject of the kernel's names the place in front of colons
// ("net/sched: act_csum: …"), functions and variables by their names, and in the rest uses words that are
// pieces of the names in the code ("validate nested VLAN headers").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suture {

/// Names cut into words: "nft_set_elem", "ExtentList" and "vlan-hdr" are a word each and their pieces, all in
/// small letters, endings of plurals and verbs taken off.
std::vector<std::string> words_of_name(std::string_view name);
/// All names of a text, whole, in the order in which they come.
std::vector<std::string_view> names_in(std::string_view text);

struct FixWords {
  /// In small letters, each with other names that the tree has for the same: "alsa" is also "sound".
  std::vector<std::vector<std::string>> places{};
  std::vector<std::string> names{};  ///< of the code, whole: "tcf_csum_act"
  std::vector<std::string> words{};  ///< as words_of_name(), without those that say nothing
};

/// `title`: the subject of a commit, or a record's; `description` may be empty.
FixWords fix_words(std::string_view title, std::string_view description);

}  // namespace suture
