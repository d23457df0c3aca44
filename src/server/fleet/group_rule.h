// SPDX-License-Identifier: Apache-2.0
//
// Which hosts belong to a group, said by what they are. All conditions of a rule must hold:
//
//   {"tags": ["env=prod", "web"], "hostname": "web*", "release": "6.1.0-*", "distribution": "debian"}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture::server {

struct GroupRule {
  std::vector<std::string> tags{};  ///< all of them
  std::string hostname{};           ///< with * for any characters and ? for one; empty: any
  std::string release{};            ///< likewise
  std::string distribution{};       ///< of the host's kernel, as far as the repository knows it; empty: any
  bool operator==(const GroupRule&) const = default;
};

/// What a rule looks at.
struct GroupedHost {
  std::string hostname{};
  std::string release{};
  std::string distribution{};       ///< empty: the repository does not know this kernel
  std::vector<std::string> tags{};  ///< sorted
};

bool holds(const GroupRule& rule, const GroupedHost& host);

/// From hands that are not trusted: at least one condition, none that is not known. "group.schema".
Result<GroupRule> group_rule_from_json(const Json& json);
Json to_json(const GroupRule& rule);

/// Takes time in proportion to both lengths at most.
bool matches_glob(std::string_view glob, std::string_view text);

/// "key" or "key=value": a key of lower-case letters, digits and ._-, a letter or digit first; a value of
/// letters, digits and ._:/@-. At most 64 bytes each.
bool is_tag(std::string_view text);
/// As a tag's key.
bool is_group_name(std::string_view text);

inline constexpr std::size_t kMostTags = 32;  ///< of one host, and of one rule

/// {"tags": [...]}, sorted and each once; "tags.schema".
Result<std::vector<std::string>> parse_tags(std::string_view text);

}  // namespace suture::server
