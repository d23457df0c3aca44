// SPDX-License-Identifier: Apache-2.0
//
// One host as its scanners are told of it: which kernel runs, what is in it, and which vulnerabilities are
// closed there. The documents of this part are made of it alone: the same host gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "patchset/verdict.h"

namespace suture {

struct ScannedHost {
  std::string distribution{};  ///< ID of os-release(5)
  std::string release{};       ///< uname -r
  std::string version{};       ///< of the kernel's package; empty: not known
  std::string architecture{};  ///< uname -m
  std::string build_id{};
  std::string hostname{};     ///< empty: this is about a kernel, wherever it runs
  std::uint32_t level = 0;    ///< applied now; 0: none
  std::string module_name{};  ///< in the kernel now; empty: none
  std::string tool{};         ///< the version of Suture
  std::string author{};       ///< who answers for the document; empty: the host's administrator
  std::string contact{};      ///< URL of that author; empty: made of the host's name
  std::string time{};         ///< RFC 3339, when all this was true
  std::vector<CveVerdict> verdicts{};
};

/// Documents of these kinds may not be empty. "scanner.no-verdicts" for a host that knows of no
/// vulnerability.
Result<void> has_verdicts(const ScannedHost& host);

/// By CVE, each once.
std::vector<CveVerdict> sorted_verdicts(const ScannedHost& host);

/// "administrator of web-1", unless the host names somebody.
std::string author_of(const ScannedHost& host);

/// Of the kernel as it runs: "Linux 6.1.0-47-cloud-amd64 (x86_64) with Suture level 2".
std::string kernel_title(const ScannedHost& host);

/// Of one that is not affected.
std::string justification_of(const CveVerdict& verdict);

/// What to do about an open one, for people.
std::string action_of(const CveVerdict& open);

}  // namespace suture
