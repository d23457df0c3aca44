// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::cli {

/// To this file in one step, so that a scanner reads the old document or the new one; to standard output
/// when `file` is empty.
Result<void> put_document(const std::string& file, std::string_view document);

}  // namespace suture::cli
