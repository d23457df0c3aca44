// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace suture {

/// For an element's content or an attribute in double quotes of an XML 1.0 document in UTF-8. What may not
/// stand in one at all, such as a control character or a broken UTF-8 sequence, becomes U+FFFD.
std::string xml_escaped(std::string_view text);

}  // namespace suture
