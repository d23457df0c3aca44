// SPDX-License-Identifier: Apache-2.0
//
// Whose request it is, when it may come through proxies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suture::server {

/// `peer` is who connected, `forwarded` all that X-Forwarded-For says, "192.0.2.1, 198.51.100.7": each proxy
/// has put behind it whom it heard. So it is read from its end, and believed only as long as it was a
/// proxy of ours who wrote it; whatever stands in front of that, anybody may have made up.
std::string client_address(const std::string& peer, std::string_view forwarded,
                           const std::vector<std::string>& proxies);

/// One form of each address, whatever it is written as: "::ffff:192.0.2.1" is "192.0.2.1". Empty for what is
/// none.
std::string plain_address(std::string_view text);

}  // namespace suture::server
