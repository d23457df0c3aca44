// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "patchset/patchset.h"

namespace suture::cli {

/// A patchset as a person wants to see it: target, fixes, functions, evidence.
std::string patchset_text(const Patchset& patchset);

}  // namespace suture::cli
