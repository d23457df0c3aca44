// SPDX-License-Identifier: Apache-2.0
#include "server/access/session_gate.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace suture::server {
namespace {

constexpr std::string_view kSecureName = "__Host-suture-session";
constexpr std::string_view kPlainName = "suture-session";

std::string_view name_of_cookie(const LoginPolicy& policy) {
  return policy.secure() ? kSecureName : kPlainName;
}

std::string_view name_of_sign_on(const LoginPolicy& policy) {
  return policy.secure() ? "__Host-suture-sign-on" : "suture-sign-on";
}

/// Empty for none, and for what is no secret of ours.
std::string_view secret_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), pair.size() + 1));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto equals = pair.find('=');
    if (equals == pair.npos || pair.substr(0, equals) != name) continue;
    const auto value = pair.substr(equals + 1);
    return is_sha256_hex(value) ? value : std::string_view();
  }
  return {};
}

std::string_view attributes_of(const LoginPolicy& policy) {
  return policy.secure() ? "; Path=/; HttpOnly; SameSite=Strict; Secure"
                         : "; Path=/; HttpOnly; SameSite=Strict";
}

/// "[::1]:8480" → "::1"
std::string host_without_port(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, std::min(host.find(']'), host.size()) - 1));
  return std::string(host.substr(0, host.rfind(':')));
}

bool is_loopback(const std::string& address) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace

std::string_view session_secret(const Request& request, const LoginPolicy& policy) {
  return secret_in(request.cookie, name_of_cookie(policy));
}

std::string_view sign_on_secret(const Request& request, const LoginPolicy& policy) {
  return secret_in(request.cookie, name_of_sign_on(policy));
}

std::string sign_on_cookie(std::string_view secret, const LoginPolicy& policy) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600{}", name_of_sign_on(policy), secret,
                     policy.secure() ? "; Secure" : "");
}

std::string session_cookie(std::string_view secret, std::chrono::seconds life, const LoginPolicy& policy) {
  return fmt::format("{}={}{}; Max-Age={}", name_of_cookie(policy), secret, attributes_of(policy),
                     life.count());
}

std::string no_session_cookie(const LoginPolicy& policy) {
  return fmt::format("{}={}; Max-Age=0", name_of_cookie(policy), attributes_of(policy));
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool is_from_our_page(const Request& request, const LoginPolicy& policy) {
  if (!request.fetch_site.empty() && request.fetch_site != "same-origin") return false;
  if (request.origin.empty()) return true;
  if (!policy.public_url.empty()) return request.origin == policy.public_url;
  return request.origin == (policy.https ? "https://" : "http://") + request.host;
}

bool may_carry_passwords(const Request& request, const LoginPolicy& policy) {
  if (policy.secure()) return true;
  const std::string host = host_without_port(request.host);
  return is_loopback(request.client) && (host == "localhost" || is_loopback(host));
}

}  // namespace suture::server
