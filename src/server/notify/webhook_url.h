// SPDX-License-Identifier: Apache-2.0
//
// Where webhooks may go. An administrator of the fleet names them, who need not be one of the machine that
// the server runs on: nothing is sent to what a cloud tells its machines about themselves, whatever name
// leads there, since the address is looked at again when the connection is made.
#pragma once

#include <sys/socket.h>

#include <string>

#include "base/error.h"

namespace suture::server {

/// "notify.url": it is not a URL of https; or of http, unless `plain` or its host is this machine by address
/// or as "localhost"; or it holds a password.
Result<void> check_webhook_url(const std::string& url, bool plain);
bool is_plain_http(const std::string& url);

enum class Place {
  kOutside,  ///< a network, private or not
  kLoopback,
  kRefused,  ///< link-local, metadata of a cloud, multicast, none in particular
};

/// Of an address of IPv4 or IPv6; one that holds another is that one.
Place place_of(const sockaddr& address, std::size_t size);

}  // namespace suture::server
