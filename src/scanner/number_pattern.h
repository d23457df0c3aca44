// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace suture {

/// A regular expression, as POSIX and Perl read it alike, for decimal numbers from `least` on without leading
/// zeros: 27 gives "(2[7-9]|[3-9][0-9]|[1-9][0-9]{2,})". `least` is 1 or more.
std::string numbers_from(std::uint32_t least);

}  // namespace suture
