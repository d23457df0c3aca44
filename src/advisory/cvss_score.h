// SPDX-License-Identifier: Apache-2.0
//
// The base score of a CVSS vector, for sources that give the vector alone.
#pragma once

#include <optional>
#include <string_view>

namespace suture {

/// Of "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", as the specification's section 7.1 has it; temporal and
/// environmental metrics are left aside. Nothing for other versions, whose scores are not a formula of this
/// kind, and for what is no vector.
std::optional<double> cvss3_base_score(std::string_view vector);

}  // namespace suture
