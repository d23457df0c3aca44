// SPDX-License-Identifier: Apache-2.0
//
// CSAF 2.0 documents (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html), of the profile VEX as Red
// Hat and SUSE publish one for each CVE; security advisories have the same fields.
#pragma once

#include <string_view>

#include "advisory/reader.h"
#include "base/json_view.h"

namespace suture {

/// A record for each vulnerability of the document, named after its CVE.
///
/// Such documents name each package of each architecture on each platform. What differs by the architecture
/// alone is said once here, and where a platform's source packages are named, the packages made of them are
/// left out: "kernel" stands for kernel-core, kernel-modules and fifty more. A product's ecosystem is the
/// platform ("Red Hat Enterprise Linux 9"). A package that is known to be fixed is a range that ends with it.
Result<void> read_csaf_document(std::string_view name, JsonView root, const Sink& sink);

}  // namespace suture
