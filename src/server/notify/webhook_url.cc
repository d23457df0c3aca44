// SPDX-License-Identifier: Apache-2.0
#include "server/notify/webhook_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace suture::server {
namespace {

constexpr std::size_t kMostUrl = 2048;

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

std::unexpected<Error> bad(std::string why) {
  return fail("notify.url", "read a webhook's URL", std::move(why));
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, Free> owned(text);
  return text;
}

Place place_of_v4(std::uint32_t address) {
  const std::uint32_t first = address >> 24;
  if (first == 127) return Place::kLoopback;
  const bool link_local = address >> 16 == 0xa9fe;
  // Alibaba's and Azure's metadata have addresses of their own.
  const bool metadata = address == 0x646464c8 || address == 0xa83f8110;
  if (first == 0 || first >= 224 || link_local || metadata) return Place::kRefused;
  return Place::kOutside;
}

std::uint32_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | bytes[at + i];
  return word;
}

Place place_of_v6(std::span<const std::uint8_t> bytes) {
  const auto begins = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::ranges::equal(prefix, bytes.first(prefix.size()));
  };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return place_of_v4(word_at(bytes, 12));
  if (begins({0, 0x64, 0xff, 0x9b})) return place_of_v4(word_at(bytes, 12));  // NAT64, RFC 6052
  if (begins({0x20, 0x02})) return place_of_v4(word_at(bytes, 2));            // 6to4, RFC 3056
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return word_at(bytes, 12) == 1 ? Place::kLoopback : Place::kRefused;
  }
  const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
  const bool amazon = begins({0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54});
  if (bytes[0] == 0xff || link_local || amazon) return Place::kRefused;
  return Place::kOutside;
}

/// By its text alone: what a name leads to is seen when the connection is made.
bool names_this_machine(const std::string& host) {
  if (host == "localhost") return true;
  std::uint32_t v4 = 0;
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return place_of_v4(ntohl(v4)) == Place::kLoopback;
  return host == "[::1]";
}

}  // namespace

bool is_plain_http(const std::string& url) {
  return url.size() > 5 && std::ranges::equal(std::string_view(url).substr(0, 5), std::string_view("http:"),
                                              [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

Result<void> check_webhook_url(const std::string& url, bool plain) {
  if (url.empty()) return bad("it is empty");
  if (url.size() > kMostUrl) return bad("it is too long");
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c >= 0x7f; })) {
    return bad("it holds what a URL does not");
  }
  const std::unique_ptr<CURLU, Free> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return bad("it is none");
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  const std::string host = part_of(parsed.get(), CURLUPART_HOST);
  if (scheme != "https" && scheme != "http") return bad("it is not one of https");
  if (!part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return bad("a name or password in it would be shown to everybody who sees it");
  }
  if (scheme == "http" && !plain && !names_this_machine(host)) {
    return bad("without TLS only this machine is told");
  }
  return {};
}

Place place_of(const sockaddr& address, std::size_t size) {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return place_of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return place_of_v6(bytes);
  }
  return Place::kRefused;
}

}  // namespace suture::server
