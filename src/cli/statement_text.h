// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/json_fwd.h"
#include "patchset/patchset.h"

namespace suture::cli {

/// Who vouches for a patchset, by the files beside its manifest: whether it is qualified, and whether it was
/// published without. A line for each, ending with a line break.
std::string statements_text(const std::filesystem::path& folder, const Patchset& patchset);
Json statements_json(const std::filesystem::path& folder, const Patchset& patchset);

}  // namespace suture::cli
