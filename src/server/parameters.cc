// SPDX-License-Identifier: Apache-2.0
#include "server/parameters.h"

#include <algorithm>
#include <charconv>

namespace suture::server {

std::unexpected<Error> bad_parameter(std::string_view name, std::string why) {
  return fail("request.parameter", "read the parameter \"" + std::string(name) + "\"", std::move(why));
}

Result<std::int64_t> number_parameter(const Target& target, const char* name, std::int64_t absent,
                                      std::int64_t most) {
  const auto found = target.query.find(name);
  if (found == target.query.end()) return absent;
  const auto value = number_of_path(found->second);
  if (!value || *value > most) {
    return bad_parameter(name, "it is not a number from 1 to " + std::to_string(most));
  }
  return *value;
}

std::optional<std::int64_t> number_of_path(std::string_view id) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (problem != std::errc{} || end != id.data() + id.size() || value < 1) return std::nullopt;
  return value;
}

Result<std::string> text_parameter(const Target& target, const char* name) {
  constexpr std::size_t kMost = 512;
  const auto found = target.query.find(name);
  if (found == target.query.end()) return std::string();
  if (found->second.empty()) return bad_parameter(name, "it is empty");
  if (found->second.size() > kMost) return bad_parameter(name, "it is longer than 512 bytes");
  return found->second;
}

Result<void> only_parameters(const Target& target, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : target.query) {
    if (std::ranges::find(known, name) == known.end()) {
      std::string list;
      for (const auto& each : known) list.append(list.empty() ? "" : ", ").append(each);
      return bad_parameter(name, known.size() == 0 ? "none is known here" : "known are: " + list);
    }
  }
  return {};
}

}  // namespace suture::server
