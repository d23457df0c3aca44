// SPDX-License-Identifier: Apache-2.0
//
// Where patchsets come from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/policy.h"
#include "engine/host.h"
#include "patchset/patchset.h"

namespace suture {

/// The patchset that the source has for a kernel.
struct Offer {
  bool known = false;  ///< it is the one that the caller has; the rest is empty
  Patchset patchset{};
  std::string manifest{};          ///< its bytes, as they are to be stored
  std::filesystem::path folder{};  ///< holds the module, which is still to be verified
};

struct Answer {
  /// What the host is to have now, by the administrator's policy. Nothing when there is none, or none yet.
  std::optional<Offer> offer{};
  std::uint32_t newest = 0;  ///< the level that it will be; 0: the channel has none for it
  std::string waits{};       ///< why that is not the one offered
  bool leave = false;        ///< the level in the kernel must go, and there is none to go to
  bool plan_gone = false;    ///< it is above the plan, and the channel has no level that would not be
  /// Levels that the channel's owner has taken back, and why.
  std::map<std::uint32_t, std::string> withdrawn{};
};

struct Question {
  RunningKernel kernel{};
  std::uint32_t applied = 0;  ///< the level in the kernel; 0: none
  std::string known{};        ///< SHA-256 of the module that need not be fetched again; may be empty
  Asked asked = Asked::kByTimer;
  std::optional<std::uint32_t>
      highest{};  ///< below what the policy lets in, because an administrator went back
  std::map<std::string, std::uint32_t> quarantined{};  ///< modules that are not to be had by the timer
  std::optional<Plan> plan{};                          ///< of a rollout, which this host follows
  Time time = wall_clock();
};

/// Of an error's code: is it worth trying again soon, because servers, or whoever sets the clock, may mend
/// it? What this host's kernel refuses is not.
bool is_worth_a_retry(std::string_view code);

class Source {
 public:
  virtual ~Source() = default;
  virtual Result<Answer> ask(const Question& question) = 0;
};

}  // namespace suture
