// SPDX-License-Identifier: Apache-2.0
#include "server/wire/client_address.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace suture::server {

std::string plain_address(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  namespace ip = boost::asio::ip;
  boost::system::error_code problem;
  const auto address = ip::make_address(std::string(text), problem);
  if (problem) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

std::string client_address(const std::string& peer, std::string_view forwarded,
                           const std::vector<std::string>& proxies) {
  const auto trusted = [&](const std::string& address) {
    return std::ranges::find(proxies, address) != proxies.end();
  };
  const std::string plain = plain_address(peer);
  std::string client = plain.empty() ? peer : plain;
  while (!forwarded.empty() && trusted(client)) {
    const auto comma = forwarded.rfind(',');
    const std::string next = plain_address(comma == forwarded.npos ? forwarded : forwarded.substr(comma + 1));
    if (next.empty()) break;
    client = next;
    forwarded = comma == forwarded.npos ? std::string_view() : forwarded.substr(0, comma);
  }
  return client;
}

}  // namespace suture::server
