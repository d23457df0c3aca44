// SPDX-License-Identifier: Apache-2.0
//
// changes.csv, which publishers of CSAF keep beside their documents (CSAF 2.0, 7.1.13): each document's path
// and when it changed last.
#pragma once

#include <string_view>
#include <vector>

#include "advisory/feed.h"

namespace suture {

/// Foreign bytes: lines that make no sense are passed over, and no path leads out of the publisher's folder.
/// Of a document that is there twice, the first line counts, for the newest come first. Fingerprints are the
/// times.
std::vector<FeedDocument> read_csaf_changes(std::string_view text);

}  // namespace suture
