// SPDX-License-Identifier: Apache-2.0
//
// Names of ecosystems and packages, which sources write in several ways.
#pragma once

#include <string>
#include <string_view>

#include "advisory/voice.h"

namespace suture {

/// "Debian:bookworm" of "Debian:12", and of "Debian:bookworm-security"; others as they are.
std::string canonical_ecosystem(std::string_view ecosystem);

/// The kernel itself, or a distribution's package of it: "linux" and "linux-6.1" of Debian, "linux-aws" of
/// Ubuntu, "kernel-default" of SUSE; not linux-firmware.
bool is_kernel_product(const AffectedProduct& product);

}  // namespace suture
