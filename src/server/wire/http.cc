// SPDX-License-Identifier: Apache-2.0
#include "server/wire/http.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace suture::server {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::unexpected<Error> bad_target(std::string why) {
  return fail("request.target", "read the request's target", std::move(why));
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return bad_target("a percent escape is cut short");
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return bad_target("a percent escape is not hexadecimal");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (out.find('\0') != std::string::npos) return bad_target("it holds a zero byte");
  return out;
}

Result<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = TRY(percent_decoded(pair.substr(0, equals)));
    auto value = TRY(percent_decoded(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1)));
    if (!query.emplace(std::move(key), std::move(value)).second) {
      return bad_target("a parameter is given twice");
    }
  }
  return query;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return bad_target("it is not a path");
  text = text.substr(0, text.find('#'));
  const auto mark = text.find('?');
  Target target;
  target.path = TRY(percent_decoded(text.substr(0, mark)));
  if (mark != text.npos) target.query = TRY(parse_query(text.substr(mark + 1)));
  return target;
}

std::string media_type(std::string_view content_type) {
  std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type;
}

Response json_response(int status, const Json& document) {
  // Nobody keeps a copy, takes it for something else, shows it within a page of theirs, or learns by a link
  // where it was read.
  return {status,
          {{"Content-Type", "application/json"},
           {"Cache-Control", "no-store"},
           {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
           {"Referrer-Policy", "no-referrer"},
           {"X-Content-Type-Options", "nosniff"},
           {"X-Frame-Options", "DENY"}},
          json_text(document)};
}

Response error_response(int status, std::string_view code, std::string_view message) {
  Response response = json_response(status, {{"error", {{"code", code}, {"message", message}}}});
  response.code = code;
  return response;
}

RangeChoice choose_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return {};
  const std::string_view spec = trimmed(header.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == spec.npos || spec.find(',') != spec.npos) return {};
  const auto first = decimal(spec.substr(0, dash));
  const auto last = decimal(spec.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    if (*last == 0 || size == 0) return {.kind = RangeKind::kUnsatisfiable};
    return {RangeKind::kPart, {size - std::min(*last, size), size - 1}};
  }
  const bool open_ended = dash + 1 == spec.size();
  if (!first || (!last && !open_ended) || (last && *last < *first)) return {};
  if (*first >= size) return {.kind = RangeKind::kUnsatisfiable};
  return {RangeKind::kPart, {*first, last ? std::min(*last, size - 1) : size - 1}};
}

bool carries_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return false;
  authorization.remove_prefix(kScheme.size());
  // In constant time, so that the token cannot be felt out byte by byte.
  return authorization.size() == token.size() &&
         CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

bool etag_listed(std::string_view header, std::string_view etag) {
  if (trimmed(header) == "*") return true;
  while (!header.empty()) {
    std::string_view entry = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), entry.size() + 1));
    entry = trimmed(entry);
    if (entry.starts_with("W/")) entry.remove_prefix(2);
    if (entry == etag) return true;
  }
  return false;
}

}  // namespace suture::server
