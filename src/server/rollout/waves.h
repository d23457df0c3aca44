// SPDX-License-Identifier: Apache-2.0
//
// Which hosts are in which wave. Each host has a number of its own for each rollout, and a share is those
// below a threshold: so the hosts of 1 % are among those of 10 %, the same host is not always the first to
// try, and a server that was restarted, or another one, comes to the same answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "server/rollout/rollout.h"

namespace suture::server {

/// From 0 to 2^32 - 1, evenly. Never changed: waves under way would be mixed up.
std::uint32_t host_number(std::int64_t rollout, std::string_view host_id);

/// Below which numbers exactly the share lies, rounded up, of hosts with these: of few hosts, a small share
/// is one, else nobody would try it. Without any, it is what the share is of all numbers.
std::uint64_t share_threshold(Share share, std::vector<std::uint32_t> numbers);

/// Whether a host is in the group and has the tag, for a selector that names them.
using Membership = std::function<bool(const Selector& selector, std::string_view host_id)>;

/// Whether the host is in the wave of this selector, which has begun with that threshold.
bool is_selected(const Selector& selector, std::uint64_t threshold, std::uint32_t number,
                 std::string_view host_id, const Membership& member);

/// How many waves from the first on must have begun for this host to be in one, of those that have; 0: it is
/// in none of them.
std::size_t first_wave_of(const Rollout& rollout, std::string_view host_id, const Membership& member);

}  // namespace suture::server
