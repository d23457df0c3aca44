// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::bench {

/// What a call of "umask" or "getpriority" takes, in ticks of the processor's counter, which are instructions
/// in a machine whose clock counts them: that many at once, the shortest of some tries. Prints "patched" or
/// "unpatched", as what the call does shows, and the number.
int calls(std::string_view function, long number);

}  // namespace suture::bench
