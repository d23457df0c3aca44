// SPDX-License-Identifier: Apache-2.0
//
// Whose process it is, by its control group: the thing that a person restarts. systemd names a group after
// its unit (CONTROL_GROUP_INTERFACE), container engines after the container's id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace suture {

struct ProcessOwner {
  enum class Kind : std::uint8_t {
    kNone,         ///< of no unit that is known: restarted by hand
    kManager,      ///< systemd itself
    kService,      ///< of the system
    kUserService,  ///< of a user's own systemd
    kSession,      ///< somebody who logged in
    kContainer,
  };
  Kind kind = Kind::kNone;
  std::string name{};  ///< "nginx.service", "session-3.scope", 12 digits of a container's id
  std::string user{};  ///< number of the user, of a session or a user's service
  auto operator<=>(const ProcessOwner&) const = default;
};

/// From /proc/PID/cgroup (cgroups(7)): of version 2 the only line, of version 1 systemd's own hierarchy.
ProcessOwner owner_of_control_group(std::string_view cgroup);

/// "service", "container", …
std::string_view name_of(ProcessOwner::Kind kind);

}  // namespace suture
