// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::bench {

/// A process that does nothing but to say `pause`, which makes an emulator go on with the next processor.
/// "start", "stop".
int yield(std::string_view verb, const char* path);

}  // namespace suture::bench
