// SPDX-License-Identifier: Apache-2.0
//
// Hosts that scanners are told of.
#pragma once

#include "scanner/scanned_host.h"

namespace suture {

inline ScannedHost plain_host() {
  return {.distribution = "debian",
          .release = "6.1.0-47-cloud-amd64",
          .version = "6.1.170-3",
          .architecture = "x86_64",
          .build_id = "20f0f4a5bd9d3fbe6b6e5e5e3c1c2c4c5b6a7988",
          .hostname = "web-1",
          .level = 2,
          .module_name = "suture_2",
          .tool = "0.1.0",
          .time = "2026-11-24T10:00:00Z",
          .verdicts = {{"CVE-2026-1003", Verdict::kOpen, "level 3 closes it", 3},
                       {"CVE-2026-1001", Verdict::kPatched, "closed by level 2", 2},
                       {"CVE-2026-1002", Verdict::kFixed, "6.1.170-3 has the fix", 0},
                       {"CVE-2026-1004", Verdict::kNotAffected, "its code came later", 0},
                       {"CVE-2026-1005", Verdict::kUnknown, "", 0}}};
}

/// Says whatever breaks a format that does not escape.
inline ScannedHost hostile_host() {
  const std::string evil = "\"'<&>]]>\\\n\t{}#%@?$1.*\x01\x7f\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80é𝄞";
  return {.distribution = evil,
          .release = evil,
          .version = evil,
          .architecture = evil,
          .build_id = evil,
          .hostname = evil,
          .level = 4294967295u,
          .module_name = evil,
          .tool = evil,
          .author = evil,
          .time = "2026-11-24T10:00:00Z",
          .verdicts = {{"CVE-2026-1001", Verdict::kPatched, evil, 4294967295u},
                       {evil, Verdict::kOpen, evil, 7},
                       {evil, Verdict::kUnknown, evil, 0},
                       {"", Verdict::kNotAffected, "", 0}}};
}

}  // namespace suture
