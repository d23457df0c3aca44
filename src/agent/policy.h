// SPDX-License-Identifier: Apache-2.0
//
// Which of a channel's patchsets this host is to have, and whether now: the administrator's policy. Pure, as
// two processes have to come to the same choice: the one that downloads, and the one that verifies.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "patchset/plan.h"
#include "repository/catalog.h"

namespace suture {

/// Who wants an update. An administrator's lifts the hold that a revert set, and waits for nothing.
enum class Asked {
  kByTimer,
  kByAdministrator,
  kToKnow,  ///< what there is: nothing is to be installed
};

/// A span of time in each of some days of the week, local time.
struct Window {
  unsigned days = 0;  ///< bit 0: Sunday, as tm_wday
  int from = 0;       ///< minutes since midnight, 0 to 1439
  int to = 1440;      ///< 1 to 1440; at or before `from`: of the next day
  bool operator==(const Window&) const = default;
};

struct InstallPolicy {
  enum class Mode {
    kAutomatic,
    kManual,  ///< when an administrator says so; a bad level is left all the same
    kHeld,    ///< the same, and nothing is ever left by itself
  };
  Mode mode = Mode::kAutomatic;
  std::chrono::seconds delay{0};           ///< how long a level must have been in the channel
  std::optional<std::uint32_t> highest{};  ///< no level above this one
  std::vector<std::string> blocked{};      ///< CVE ids, whose fix is not wanted here, and levels as digits
  std::vector<Window> windows{};           ///< none: at any time
  std::optional<Plan> plan{};              ///< of a rollout; no setting, the server has it
  bool operator==(const InstallPolicy&) const = default;
};

/// "automatic", "manual", "held", or a delay such as "24h" or "2d".
Result<void> read_install_mode(std::string_view text, InstallPolicy& policy);
/// "Mon-Fri 02:00-04:00, Sun 00:00-24:00"; without days: each day.
Result<std::vector<Window>> parse_windows(std::string_view text);
/// "CVE-2026-1, 7"
Result<std::vector<std::string>> parse_blocked(std::string_view text);

bool is_open(const std::vector<Window>& windows, const std::tm& local);

struct Choice {
  const AvailablePatchset* install = nullptr;  ///< to be brought in now
  const AvailablePatchset* newest = nullptr;   ///< what it will be, once nothing has to be waited for
  std::string waits{};                         ///< why `install` is not `newest`; empty if it is
  bool leave = false;      ///< the level in the kernel must go, and there is none to go to
  bool plan_gone = false;  ///< it is above the plan, and the channel has no level that would not be
};

/// `applied`: the level in the kernel, 0 for none. When that was withdrawn, the highest good one below it may
/// always be installed, but under kHeld; where there is none, it is to be left. So it is when a plan does not
/// let the host have it any more. A plan that is urgent waits for no window and no delay. No level above a
/// plan is ever chosen, whoever asks: who wants that takes the host out of rollouts. `quarantined`: modules,
/// by SHA-256, that only an administrator may bring back.
Choice choose(const InstallPolicy& policy, const Catalog& catalog, std::uint32_t applied, Time now,
              const std::tm& local, Asked asked,
              const std::map<std::string, std::uint32_t>& quarantined = {});

}  // namespace suture
