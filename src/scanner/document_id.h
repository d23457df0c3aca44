// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace suture {

/// A UUID of a document's content: the same content has the same one, other content another. Version 8 of
/// RFC 9562 (one's own scheme): the first bits of its SHA-256.
std::string content_uuid(std::string_view content);

}  // namespace suture
