// SPDX-License-Identifier: Apache-2.0
//
// What libfmt's headers leave to the library, which Debian has as a shared one only: it would bring libstdc++
// along, of which the daemon needs little.
#include <fmt/format-inl.h>

namespace fmt::detail {

template thousands_sep_result<char> thousands_sep_impl(locale_ref);
template char decimal_point_impl(locale_ref);
template std::locale locale_ref::get<std::locale>() const;

}  // namespace fmt::detail
