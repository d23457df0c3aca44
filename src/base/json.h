// SPDX-License-Identifier: Apache-2.0
//
// JSON from foreign hands: bounded in size and depth before a value exists, and read with errors, not
// exceptions.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

struct JsonLimits {
  std::size_t bytes = 16u << 20;
  int depth = 32;
};

/// `what` names the document in errors. Refuses duplicate keys, depth and size beyond the limits.
Result<Json> parse_json(std::string_view text, std::string_view what, JsonLimits limits = {});

/// For people and programs: indented, with a line break at the end. Text that is not UTF-8, such as a file's
/// name or a tool's words, is written with replacement characters instead of an exception.
std::string json_text(const Json& value);

/// The member `key` of an object, checked for its type; "json.schema" when absent or of another type.
Result<std::string> json_string(const Json& object, const char* key);
Result<std::int64_t> json_integer(const Json& object, const char* key);
/// False when the field is not there.
Result<bool> json_flag(const Json& object, const char* key);
Result<const Json*> json_array(const Json& object, const char* key);
Result<const Json*> json_object(const Json& object, const char* key);

}  // namespace suture
