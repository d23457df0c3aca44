// SPDX-License-Identifier: Apache-2.0
//
// CVE records, JSON 5.x (https://github.com/CVEProject/cve-schema): of the kernel's own CNA, which names
// files, commits and versions of each series, and of all others.
#pragma once

#include <string_view>
#include <vector>

#include "advisory/reader.h"
#include "base/json_view.h"

namespace suture {

/// The voice of the CNA, and one of each other container (ADP) that has a score, products or exploitation to
/// add: its record is the id with the container's short name behind it.
///
/// `name` is where the record lies. The kernel's CNA takes a record back by moving it to a folder "rejected".
///
/// Of the kernel's records: git ranges end with the commits that mend it, and a range without an end is of a
/// branch that has none; "5.5" alone is that version (the default is about those behind it).
Result<std::vector<Voice>> read_cve_record(JsonView root, std::string_view name);

}  // namespace suture
