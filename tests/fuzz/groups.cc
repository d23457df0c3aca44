// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/groups.h"

#include "base/file.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture::server;
  const auto text = suture::as_text({data, size});
  if (const auto tags = parse_tags(text)) {
    for (const auto& tag : *tags) {
      if (!is_tag(tag)) __builtin_trap();
    }
  }
  const auto group = parse_group(text);
  if (!group || !group->rule) return 0;
  // What is accepted is kept, and read again as it is.
  const auto again = group_rule_from_json(to_json(*group->rule));
  if (!again || *again != *group->rule) __builtin_trap();
  holds(*group->rule,
        {.hostname = "web1", .release = "6.1.0-47-cloud-amd64", .distribution = "debian", .tags = {"a"}});
  return 0;
}
