// SPDX-License-Identifier: Apache-2.0
#include "repository/canonical_json.h"

#include "base/json.h"

namespace suture::tuf {
namespace {

void append_string(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

Result<void> append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      append_string(out, value.get_ref<const std::string&>());
      return {};
    case Json::value_t::null:
    case Json::value_t::boolean:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      out += value.dump();
      return {};
    case Json::value_t::array: {
      out += '[';
      const char* separator = "";
      for (const Json& item : value) {
        out += std::exchange(separator, ",");
        TRY(append(out, item));
      }
      out += ']';
      return {};
    }
    case Json::value_t::object: {
      out += '{';
      const char* separator = "";
      for (const auto& [key, item] : value.items()) {
        out += std::exchange(separator, ",");
        append_string(out, key);
        out += ':';
        TRY(append(out, item));
      }
      out += '}';
      return {};
    }
    default:
      return fail("repository.not-canonical", "write canonical JSON",
                  "a number is not an integer of 64 bits, which signed metadata may not hold");
  }
}

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  TRY(append(out, value));
  return out;
}

}  // namespace suture::tuf
