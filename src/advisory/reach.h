// SPDX-License-Identifier: Apache-2.0
//
// Who can bring a piece of kernel code to where it may run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace suture {

/// From few to many. Loading a module is all that is meant: what it lets somebody do then is its own affair.
enum class Reach : std::uint8_t {
  kNobody,         ///< it is blocked, on the host that is asked about
  kRoot,           ///< by hand, or by something that only root may do
  kHardware,       ///< the kernel finds a device or a processor that it is for
  kUserNamespace,  ///< whoever may make a user namespace, with the capabilities which that gives
  kAnybody,        ///< every user
  kAlways,         ///< it is in the image
};

/// "nobody", "root", "hardware", "user_namespace", "anybody", "always"
std::string_view name_of(Reach reach);

/// One object that code of a fix is in; and on the hosts of this target that are known, how many have it.
struct ObjectReach {
  std::string object{};  ///< "vmlinux", or a module as in /proc/modules
  Reach reach = Reach::kRoot;
  std::string text{};            ///< "anybody can have it loaded: socket(2) of its protocol (net-pf-40)"
  std::size_t hosts = 0;         ///< that are known
  std::size_t loaded = 0;        ///< of these
  std::size_t unprivileged = 0;  ///< of these, not loaded: a user without privileges can have it loaded
  std::size_t blocked = 0;       ///< of these, not loaded: nobody can
  std::string on_hosts{};        ///< in words; empty when no host is known
};

}  // namespace suture
