// SPDX-License-Identifier: Apache-2.0
//
// A Debian package's own account of what it closed: each entry of its changelog is a record
// ("linux 6.1.187-1"), with a voice for each CVE that it names. The title is the item's text without the id,
// which for the kernel is the subject of the commit.
#pragma once

#include <string>
#include <string_view>

#include "advisory/reader.h"

namespace suture {

/// "advisory.document" when it has no entry at all. An entry says in which version of which distribution's
/// package something was closed; that each version before had the hole is not said, but is what a range can
/// express.
Result<void> read_debian_changelog(std::string_view name, std::string_view text, const Sink& sink);

/// "xfrm: esp: fix up flags setting" of "[amd64] xfrm: esp: fix up flags setting (CVE-2026-1003)".
std::string subject_of_item(std::string_view item);

}  // namespace suture
