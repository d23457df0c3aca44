// SPDX-License-Identifier: Apache-2.0
//
// How scanners call the package that a kernel came in: a package URL (github.com/package-url/purl-spec).
#pragma once

#include <string>

#include "scanner/scanned_host.h"

namespace suture {

/// "pkg:deb/debian/linux-image-6.1.0-47-cloud-amd64@6.1.170-3?arch=amd64". Without `distro`: scanners do not
/// agree on its value, and a purl that has fewer qualifiers matches all of theirs. A kernel of an unknown
/// distribution is "pkg:generic/linux@RELEASE".
std::string kernel_purl(const ScannedHost& host);

/// All but the characters that stand for themselves in a purl and in any URL's path. What comes of it can be
/// decoded to UTF-8 again.
std::string percent_encoded(std::string_view text);

}  // namespace suture
