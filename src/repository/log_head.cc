// SPDX-License-Identifier: Apache-2.0
#include "repository/log_head.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace suture {

Json log_head_json(const LogHead& head) {
  return {{"size", head.size}, {"root", to_hex(head.root)}};
}

Result<LogHead> log_head_from_json(const Json& json) {
  const std::int64_t size = TRY(json_integer(json, "size"));
  const Bytes root = TRY(from_hex(TRY(json_string(json, "root"))));
  LogHead head;
  if (size < 0 || root.size() != head.root.size()) {
    return fail("log.malformed", "read the log's head", "it is no size with a SHA-256");
  }
  head.size = static_cast<std::uint64_t>(size);
  std::ranges::copy(root, head.root.begin());
  return head;
}

}  // namespace suture
