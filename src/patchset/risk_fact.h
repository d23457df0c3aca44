// SPDX-License-Identifier: Apache-2.0
//
// What the human who signs a patch should know of it. Facts, no scores: each says what was seen, where. None
// of them refuses a patch.
#pragma once

#include <string>

namespace suture {

struct RiskFact {
  std::string code;      ///< stable, "risk.…": docs/risk-report.md tells what each means
  std::string function;  ///< that it was seen in; empty when it is about the whole unit
  std::string place;     ///< "fs/eventpoll.c:794"; without debug information "ep_free+0x3c"; may be empty
  std::string text;      ///< one sentence
  bool operator==(const RiskFact&) const = default;
};

}  // namespace suture
