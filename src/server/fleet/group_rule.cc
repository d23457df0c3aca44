// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/group_rule.h"

#include <algorithm>

#include "base/json.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostWord = 64;
constexpr std::size_t kMostGlob = 253;
constexpr std::size_t kMostText = 64u << 10;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= kMostWord && is_lower_or_digit(text.front()) &&
         std::ranges::all_of(text,
                             [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_value(std::string_view text) {
  return !text.empty() && text.size() <= kMostWord && std::ranges::all_of(text, [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("._:/@-").find(c) != std::string_view::npos;
  });
}

std::unexpected<Error> bad_rule(std::string why) {
  return fail(
      "group.schema", "read the group's rule", std::move(why),
      R"(a rule is {"tags": ["env=prod"], "hostname": "web*", "release": "6.1.*", "distribution": "debian"} )"
      "or some of it");
}

Result<std::string> pattern_of(const std::string& name, const Json& value) {
  if (!value.is_string()) return bad_rule(name + " is not a text");
  std::string text = value.get<std::string>();
  const bool plain = std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || text.size() > kMostGlob || !plain) {
    return bad_rule(name + " is not 1 to 253 printable characters without spaces");
  }
  return text;
}

Result<std::vector<std::string>> tags_of(const Json& value, std::string_view code) {
  const auto wrong = [&](std::string why) {
    return fail(std::string(code), "read tags", std::move(why), "a tag is a key, or key=value");
  };
  if (!value.is_array() || value.size() > kMostTags) {
    return wrong("they are not a list of " + std::to_string(kMostTags) + " at most");
  }
  std::vector<std::string> tags;
  for (const Json& each : value) {
    if (!each.is_string() || !is_tag(each.get_ref<const std::string&>())) {
      return wrong(each.is_string() && each.get_ref<const std::string&>().size() <= 2 * kMostWord
                       ? "\"" + each.get<std::string>() + "\" is none"
                       : "one is none");
    }
    tags.push_back(each.get<std::string>());
  }
  std::ranges::sort(tags);
  const auto [first, last] = std::ranges::unique(tags);
  tags.erase(first, last);
  return tags;
}

}  // namespace

bool is_tag(std::string_view text) {
  const auto equals = text.find('=');
  return is_key(text.substr(0, equals)) &&
         (equals == std::string_view::npos || is_value(text.substr(equals + 1)));
}

bool is_group_name(std::string_view text) {
  return is_key(text);
}

// Only the last star needs to be remembered: an earlier one has done what it could.
bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool holds(const GroupRule& rule, const GroupedHost& host) {
  if (!rule.distribution.empty() && rule.distribution != host.distribution) return false;
  if (!rule.hostname.empty() && !matches_glob(rule.hostname, host.hostname)) return false;
  if (!rule.release.empty() && !matches_glob(rule.release, host.release)) return false;
  return std::ranges::all_of(rule.tags,
                             [&](const auto& tag) { return std::ranges::binary_search(host.tags, tag); });
}

Result<GroupRule> group_rule_from_json(const Json& json) {
  if (!json.is_object() || json.empty()) return bad_rule("it is not an object with a condition");
  GroupRule rule;
  for (const auto& [name, value] : json.items()) {
    if (name == "tags") {
      rule.tags = TRY(tags_of(value, "group.schema"));
      if (rule.tags.empty()) return bad_rule("it names no tag");
    } else if (name == "hostname") {
      rule.hostname = TRY(pattern_of(name, value));
    } else if (name == "release") {
      rule.release = TRY(pattern_of(name, value));
    } else if (name == "distribution") {
      rule.distribution = TRY(pattern_of(name, value));
    } else {
      return bad_rule("a condition is none of tags, hostname, release, distribution");
    }
  }
  return rule;
}

Json to_json(const GroupRule& rule) {
  Json json = Json::object();
  if (!rule.tags.empty()) json["tags"] = rule.tags;
  if (!rule.hostname.empty()) json["hostname"] = rule.hostname;
  if (!rule.release.empty()) json["release"] = rule.release;
  if (!rule.distribution.empty()) json["distribution"] = rule.distribution;
  return json;
}

Result<std::vector<std::string>> parse_tags(std::string_view text) {
  if (text.size() > kMostText) return fail("json.too-large", "read tags", "they are longer than 64 KiB");
  const Json json = TRY(parse_json(text, "tags"));
  if (!json.is_object() || json.size() != 1 || !json.contains("tags")) {
    return fail("tags.schema", "read tags", R"(they are not {"tags": [...]})");
  }
  return tags_of(json.at("tags"), "tags.schema");
}

}  // namespace suture::server
