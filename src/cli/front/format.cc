// SPDX-License-Identifier: Apache-2.0
//
// What libfmt's headers leave to the library, which Debian has as a shared one only: a program that this is
// linked into does not load it.
#include <fmt/format-inl.h>

template fmt::detail::thousands_sep_result<char> fmt::detail::thousands_sep_impl(fmt::detail::locale_ref);
template char fmt::detail::decimal_point_impl(fmt::detail::locale_ref);
