// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

namespace suture {

/// Order of RPM package versions, [epoch:]version[-release]: rpmvercmp(), as rpm-version(7) describes it. A
/// release counts only where both have one.
std::strong_ordering compare_rpm_versions(std::string_view a, std::string_view b);

}  // namespace suture
