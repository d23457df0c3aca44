// SPDX-License-Identifier: Apache-2.0
//
// FIRST's Exploit Prediction Scoring System, the daily table (https://www.first.org/epss/data_stats): a
// comment with the date, a line of names, and some 300,000 lines "CVE-2026-46234,0.00042,0.12345".
#pragma once

#include <string_view>

#include "advisory/reader.h"

namespace suture {

/// A record a line, named after its CVE.
Result<void> read_epss(std::string_view name, std::string_view text, const Sink& sink);

}  // namespace suture
