// SPDX-License-Identifier: Apache-2.0
//
// Red Hat's distribution and those made of it ship several versions of one package beside each other, as
// streams of a module: nodejs 16, 18 and 20. Each stream gets fixes of its own, so a version says something
// of the packages of its own stream alone. Which stream it is of, some sources tell, and others leave to the
// version.
#pragma once

#include <string_view>

#include "audit/package_list.h"

namespace suture {

/// "nodejs:16" of "Red Hat Enterprise Linux AppStream (v. 8) nodejs:16"; empty: none is told.
std::string_view stream_of_ecosystem(std::string_view ecosystem);
/// What stands before it.
std::string_view without_stream(std::string_view ecosystem);

enum class SameStream : std::uint8_t { kYes, kNo, kNotTold };

/// Whether what a source says of a version, and of a stream where it names one, is about the package's
/// stream. Packages of no module are a stream of their own.
SameStream same_stream(const InstalledPackage& package, std::string_view stream, std::string_view version);

}  // namespace suture
