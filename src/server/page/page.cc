// SPDX-License-Identifier: Apache-2.0
#include "server/page/page.h"

#include <algorithm>
#include <string>

#include "server/call.h"

namespace suture::server {
namespace {

/// Scripts and styles are ours alone, none stands in the document itself, and nothing is asked of or sent to
/// another server. Nobody shows the page within theirs.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "q=0", "q=0.0": not wanted.
bool is_refused(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == parameters.npos) return false;
  return trimmed(parameters.substr(q + 2)).find_first_not_of("0.") == std::string_view::npos;
}

bool accepts(std::string_view header, std::string_view encoding) {
  while (!header.empty()) {
    const auto entry = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), entry.size() + 1));
    const auto semicolon = entry.find(';');
    if (trimmed(entry.substr(0, semicolon)) != encoding) continue;
    return semicolon == entry.npos || !is_refused(entry.substr(semicolon));
  }
  return false;
}

/// Each encoding is a representation of its own, with a tag of its own.
std::string etag_of(const PageFile& file, std::string_view encoding) {
  std::string etag = "\"" + std::string(file.hash);
  if (!encoding.empty()) etag.append("-").append(encoding);
  return etag + "\"";
}

}  // namespace

PageChoice choose_encoding(const PageFile& file, std::string_view accept_encoding) {
  if (accepts(accept_encoding, "br")) return {file.brotli, "br"};
  if (accepts(accept_encoding, "gzip")) return {file.gzip, "gzip"};
  return {file.plain};
}

Response serve_page(const Call& call) {
  const WebPage* page = call.services.page;
  if (page == nullptr) {
    return error_response(404, "page.absent", "this server was built without its page; the API is there");
  }
  const auto file = std::ranges::find(page->files, call.target.path, &PageFile::path);
  if (file == page->files.end()) return no_path();
  const PageChoice choice = choose_encoding(*file, call.request.accept_encoding);
  const std::string etag = etag_of(*file, choice.encoding);
  Response response;
  response.headers = {{"Content-Type", std::string(file->type)},
                      {"ETag", etag},
                      {"Vary", "Accept-Encoding"},
                      {"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", kPolicy},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"}};
  if (!call.request.if_none_match.empty() && etag_listed(call.request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  if (!choice.encoding.empty()) response.headers["Content-Encoding"] = choice.encoding;
  response.body = page->bytes.substr(choice.part.offset, choice.part.size);
  return response;
}

}  // namespace suture::server
