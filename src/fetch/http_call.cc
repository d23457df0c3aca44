// SPDX-License-Identifier: Apache-2.0
#include "fetch/http_call.h"

#include <curl/curl.h>

#include <memory>

namespace suture {
namespace {

struct Close {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Handle = std::unique_ptr<CURL, Close>;

struct Taken {
  std::string body{};
  std::size_t limit = 0;
  bool too_large = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* out) {
  auto& taken = *static_cast<Taken*>(out);
  taken.too_large = size * count > taken.limit - taken.body.size();
  if (taken.too_large) return 0;
  taken.body.append(data, size * count);
  return size * count;
}

Result<HttpAnswer> perform(CURL* curl, const std::string& url, const HttpOptions& options,
                           std::size_t limit) {
  const std::string what = "ask " + url.substr(0, url.find('?'));
  Taken taken{.limit = limit};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.whole.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "suture/" SUTURE_VERSION);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &taken);
  set_way(curl, options);
  const CURLcode code = curl_easy_perform(curl);
  if (taken.too_large) return fail("http.too-large", what, "the answer is too long");
  if (code != CURLE_OK) return fail("http.unreachable", what, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return HttpAnswer{.status = static_cast<int>(status), .body = std::move(taken.body)};
}

Result<Handle> open_handle(const std::string& url) {
  Handle curl(curl_easy_init());
  if (!curl) return fail("http.unreachable", "ask " + url, "libcurl does not start");
  return curl;
}

}  // namespace

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) out += c;
    if (!plain) out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

Result<HttpAnswer> http_get(const std::string& url, const HttpOptions& options, std::size_t limit) {
  const Handle curl = TRY(open_handle(url));
  return perform(curl.get(), url, options, limit);
}

Result<HttpAnswer> http_post(const std::string& url, const HttpForm& form, const HttpOptions& options,
                             std::size_t limit) {
  const Handle curl = TRY(open_handle(url));
  std::string body;
  for (const auto& [name, value] : form.fields) {
    body.append(body.empty() ? "" : "&").append(url_encoded(name)).append("=").append(url_encoded(value));
  }
  curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  if (!form.user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, form.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, form.password.c_str());
  }
  return perform(curl.get(), url, options, limit);
}

}  // namespace suture
