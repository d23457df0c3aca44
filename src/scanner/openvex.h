// SPDX-License-Identifier: Apache-2.0
//
// A host's verdicts as an OpenVEX 0.2.0 document (github.com/openvex/spec), which Trivy, Grype and vexctl
// take to leave out what is no finding.
//
// What a live patch closes is `fixed`, not `not_affected`: the running kernel has the fix. The label
// inline_mitigations_already_exist is for protections that the product is shipped with and that its user
// cannot turn off, and root can take a live patch out. The product is the kernel's package, by purl. The
// patchset is no subcomponent of it: a subcomponent is where the hole is, and a scanner would then look for
// the statement there. It is named in the notes.
#pragma once

#include <string>

#include "scanner/scanned_host.h"

namespace suture {

/// "scanner.no-verdicts", for the format asks for at least one statement.
Result<std::string> openvex_text(const ScannedHost& host);

}  // namespace suture
