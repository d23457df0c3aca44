// SPDX-License-Identifier: Apache-2.0
//
// Statements come with patchsets from wherever those come from; policies and probes from people. What is read
// must survive being written and read again.
#include "patchset/statement.h"

#include <cstdlib>

#include "base/json.h"
#include "patchset/dsse.h"
#include "qualify/probe.h"
#include "repository/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_dsse(text);
  (void)parse_policy(text);
  (void)parse_probe(text, "/probes/one");
  const auto json = parse_json(text, "input");
  const auto statement = json ? statement_from_json(*json) : std::unexpected(json.error());
  if (!statement) return 0;
  const auto again = parse_json(json_text(to_json(*statement)), "again");
  if (!again || !statement_from_json(*again)) std::abort();
  return 0;
}
