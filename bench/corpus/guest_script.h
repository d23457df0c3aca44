// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::corpus {

extern const std::string_view kPatchesScript;  ///< corpus/guest/patches.sh

}  // namespace suture::corpus
