// SPDX-License-Identifier: Apache-2.0
//
// A host's verdicts as a CSAF 2.0 document of the VEX profile (docs.oasis-open.org/csaf/csaf/v2.0, 4.5).
//
// CSAF can say more exactly than OpenVEX what has the fix: the product is the live patch as it is installed
// on the distribution's kernel, a relationship in the product tree. It carries the purl of the kernel's
// package, by which scanners find it.
#pragma once

#include <string>

#include "scanner/scanned_host.h"

namespace suture {

/// "scanner.no-verdicts", for the profile asks for at least one vulnerability.
Result<std::string> csaf_text(const ScannedHost& host);

}  // namespace suture
