// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <set>
#include <vector>

namespace suture {
namespace {

/// Watches the parser go by: gives up at the first excess, before the value is built.
class Gate {
 public:
  explicit Gate(int depth) : depth_(depth) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > depth_) throw std::length_error("nested deeper than " + std::to_string(depth_) + " levels");
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      throw std::length_error("the key \"" + parsed.get<std::string>() + "\" stands twice in one object");
    }
    return true;
  }

 private:
  int depth_;
  std::vector<std::set<std::string>> keys_;
};

template <class Accepts>
Result<const Json*> member(const Json& object, const char* key, const char* type, Accepts accepts) {
  const std::string what = std::string("read the field \"") + key + "\"";
  if (!object.is_object()) return fail("json.schema", what, "the value around it is not an object");
  const auto found = object.find(key);
  if (found == object.end()) return fail("json.schema", what, "it is missing");
  if (!accepts(*found)) return fail("json.schema", what, std::string("it is not ") + type);
  return &*found;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, JsonLimits limits) {
  const std::string tried = "read " + std::string(what);
  if (text.size() > limits.bytes) {
    return fail("json.too-large", tried, "larger than " + std::to_string(limits.bytes) + " bytes");
  }
  try {
    return Json::parse(text, Gate(limits.depth));
  } catch (const std::exception& problem) {
    return fail("json.malformed", tried, problem.what());
  }
}

std::string json_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> json_string(const Json& object, const char* key) {
  return TRY(member(object, key, "a string", [](const Json& v) { return v.is_string(); }))
      ->get<std::string>();
}

Result<std::int64_t> json_integer(const Json& object, const char* key) {
  const auto fits = [](const Json& v) {
    return v.is_number_integer() && (!v.is_number_unsigned() || v.get<std::uint64_t>() <= INT64_MAX);
  };
  return TRY(member(object, key, "an integer", fits))->get<std::int64_t>();
}

Result<bool> json_flag(const Json& object, const char* key) {
  if (object.is_object() && !object.contains(key)) return false;
  return TRY(member(object, key, "true or false", [](const Json& v) { return v.is_boolean(); }))->get<bool>();
}

Result<const Json*> json_array(const Json& object, const char* key) {
  return member(object, key, "an array", [](const Json& v) { return v.is_array(); });
}

Result<const Json*> json_object(const Json& object, const char* key) {
  return member(object, key, "an object", [](const Json& v) { return v.is_object(); });
}

}  // namespace suture
