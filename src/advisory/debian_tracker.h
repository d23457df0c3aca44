// SPDX-License-Identifier: Apache-2.0
//
// Debian's security tracker (https://security-tracker.debian.org/tracker/data/json): source package → CVE →
// release → state.
#pragma once

#include <string_view>

#include "advisory/reader.h"

namespace suture {

/// A record for each package and vulnerability, "linux CVE-2026-46234"; one without a CVE id yet
/// ("TEMP-…") has no voices.
///
/// A product for each release: with the version that closed it as a range, or with a status: not_affected
/// (the tracker's version 0), affected (open), under_investigation (undetermined).
Result<void> read_debian_tracker(std::string_view name, std::string_view text, const Sink& sink);

}  // namespace suture
