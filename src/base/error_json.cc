// SPDX-License-Identifier: Apache-2.0
#include "base/error_json.h"

#include "base/json.h"

namespace suture {

Json to_json(const Error& error) {
  return {{"code", error.code}, {"what", error.what}, {"why", error.why}, {"hint", error.hint}};
}

Error error_from_json(const Json& json) {
  const auto text = [&](const char* key) { return json_string(json, key).value_or(""); };
  return {text("code"), text("what"), text("why"), text("hint")};
}

}  // namespace suture
