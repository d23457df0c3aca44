// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "patchset/patchset.h"

namespace suture::cli {

/// A patchset as a person wants to see it: target, fixes, functions, evidence, risks.
std::string patchset_text(const Patchset& patchset);
/// A line for each, under a heading; nothing when there are none.
std::string risks_text(const std::vector<RiskFact>& risks);

}  // namespace suture::cli
