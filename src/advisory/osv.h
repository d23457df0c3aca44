// SPDX-License-Identifier: Apache-2.0
//
// OSV records (https://ossf.github.io/osv-schema/), of any database that exports them.
#pragma once

#include <string_view>
#include <vector>

#include "advisory/reader.h"
#include "base/json_view.h"

namespace suture {

/// A voice for each CVE that the record is about: its own id, or its aliases, or what it stems from
/// ("upstream"), or else what it names as related, in this order. None when there is no CVE at all.
///
/// Exact versions become ranges of one version, where no range is given. Scores are made from the vectors.
Result<std::vector<Voice>> read_osv_record(JsonView root, std::string_view name);

}  // namespace suture
