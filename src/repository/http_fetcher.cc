// SPDX-License-Identifier: Apache-2.0
#include "repository/http_fetcher.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace suture {
namespace {

constexpr const char* kAgent = "suture/" SUTURE_VERSION;
constexpr long kMostRedirects = 3;

struct Received {
  Bytes bytes;
  std::size_t limit = 0;
  bool too_large = false;
};

std::size_t receive(const char* data, std::size_t, std::size_t size, void* context) {
  auto& received = *static_cast<Received*>(context);
  if (size > received.limit - received.bytes.size()) {
    received.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  received.bytes.insert(received.bytes.end(), data, data + size);
  return size;
}

/// Percent-encodes all but the unreserved characters of RFC 3986 and the slash between segments.
std::string escaped(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

void set_options(CURL* curl, const std::string& url, const HttpFetcher::Limits& limits, Received& received) {
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(limits.whole.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stalled.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kAgent);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
}

std::unexpected<Error> absent(const std::string& what) {
  return fail("repository.absent", what, "there is no such file",
              "Check the repository's address in the configuration.");
}

}  // namespace

Result<HttpFetcher> HttpFetcher::open(std::string base_url, Limits limits) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  constexpr std::array<std::string_view, 3> kSchemes = {"https://", "http://", "file://"};
  if (std::ranges::none_of(kSchemes, [&](std::string_view s) { return base_url.starts_with(s); })) {
    return fail(
        "repository.bad-url", "open the repository " + base_url, "it is not a URL that we can read",
        "Give one with https://, http:// or file:///, such as https://patches.example.org/repository.");
  }
  while (base_url.ends_with('/')) base_url.pop_back();
  std::shared_ptr<void> curl(started == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!curl)
    return fail("repository.unreachable", "open the repository " + base_url, "libcurl does not start");
  return HttpFetcher(std::move(base_url), limits, std::move(curl));
}

Result<Bytes> HttpFetcher::fetch(const std::string& path, std::size_t max_length) {
  CURL* curl = curl_.get();
  const std::string url = base_url_ + "/" + escaped(path);
  const std::string what = "fetch " + url;
  Received received{.bytes = {}, .limit = max_length};
  set_options(curl, url, limits_, received);
  std::array<char, CURL_ERROR_SIZE> words{};
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  const CURLcode code = curl_easy_perform(curl);
  // The handle keeps the pointer, and outlives the buffer.
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 404 || code == CURLE_FILE_COULDNT_READ_FILE) return absent(what);
  if (received.too_large) {
    return fail("repository.too-large", what, "it is larger than " + std::to_string(max_length) + " bytes",
                "Not what the repository signed: use another mirror.");
  }
  if (code != CURLE_OK) {
    return fail("repository.unreachable", what, words[0] != '\0' ? words.data() : curl_easy_strerror(code),
                "Check the address and the network; the next try begins where this one began.");
  }
  if (status != 0 && status != 200) {
    return fail("repository.unreachable", what, "the server answers with status " + std::to_string(status));
  }
  return std::move(received.bytes);
}

}  // namespace suture
