// SPDX-License-Identifier: Apache-2.0
//
// CISA's catalogue of known exploited vulnerabilities, JSON
// (https://www.cisa.gov/known-exploited-vulnerabilities-catalog; its schema lies beside it).
#pragma once

#include <string_view>

#include "advisory/reader.h"

namespace suture {

/// A record an entry, named after its CVE.
Result<void> read_kev(std::string_view name, std::string_view text, const Sink& sink);

}  // namespace suture
