// SPDX-License-Identifier: Apache-2.0
#include "fetch/http_fetcher.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <string_view>
#include <thread>

namespace suture {
namespace {

constexpr const char* kAgent = "suture/" SUTURE_VERSION;

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

/// 0 would be for ever.
long milliseconds_for(const HttpOptions& options) {
  using std::chrono::milliseconds;
  milliseconds time = options.whole;
  if (options.end) {
    const auto left = std::chrono::floor<milliseconds>(*options.end - std::chrono::steady_clock::now());
    time = std::clamp(left, milliseconds(1), time);
  }
  return static_cast<long>(time.count());
}

/// What comes in a second, so that pauses are no longer; and what libcurl takes.
long bytes_at_once(std::uint64_t rate) {
  return static_cast<long>(std::clamp<std::uint64_t>(rate, 1024, CURL_MAX_WRITE_SIZE));
}

void set_options(CURL* curl, const std::string& url, const HttpOptions& options) {
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  // The page that comes with an error is no part of the file.
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(options.redirects));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds_for(options));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stalled.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kAgent);
  if (options.rate > 0) curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, bytes_at_once(options.rate));
  set_way(curl, options);
}

std::unexpected<Error> absent(const std::string& what) {
  return fail("repository.absent", what, "there is no such file",
              "Check the repository's address in the configuration.");
}

/// The header's value when it is of this name; without white space around it.
std::string_view header_value(std::string_view line, std::string_view name) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      !std::ranges::equal(line.substr(0, name.size()), name, same)) {
    return {};
  }
  std::string_view value = line.substr(name.size() + 1);
  constexpr std::string_view kSpace = " \t\r\n";
  value.remove_prefix(std::min(value.find_first_not_of(kSpace), value.size()));
  return value.substr(0, value.find_last_not_of(kSpace) + 1);
}

/// Longer ones are not kept: we send back what we are sent.
constexpr std::size_t kLongestValidator = 200;
/// Before a validator that is no entity tag.
constexpr std::string_view kModified = "Last-Modified: ";
/// Of an answer and those that led to it. Older versions of libcurl bound one line, but not their number.
constexpr std::uint64_t kMostHeaderBytes = 64u << 10;

}  // namespace

void set_way(void* curl, const HttpOptions& options) {
  if (!options.proxy.empty()) curl_easy_setopt(curl, CURLOPT_PROXY, options.proxy.c_str());
  if (!options.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca.c_str());
  if (!options.certificate.empty()) curl_easy_setopt(curl, CURLOPT_SSLCERT, options.certificate.c_str());
  if (!options.certificate_key.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLKEY, options.certificate_key.c_str());
  }
}

/// One request and its answer.
struct HttpFetcher::Exchange {
  std::string validator{};  ///< sent if it is not empty; afterwards the answer's
  std::uint64_t first = 0;  ///< the first byte that is asked for
  std::uint64_t limit = 0;  ///< the most bytes that may come
  std::uint64_t rate = 0;   ///< the most in a second; 0: as fast as they do
  /// Takes what comes; false ends it.
  std::function<bool(ByteView)> sink{};

  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  long status = 0;
  std::uint64_t received = 0;
  std::uint64_t header_bytes = 0;
  bool too_large = false;
  bool slow = false;
  std::string tag{};
  std::time_t date = 0;      ///< of the answer, by the server's clock; 0 or less: it did not say
  std::time_t modified = 0;  ///< of the file's last change
  std::string modified_text{};

  static std::size_t receive(const char* data, std::size_t, std::size_t size, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    if (size > exchange.limit - exchange.received) {
      exchange.too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    exchange.received += size;
    exchange.slow_down();
    return exchange.sink(as_bytes({data, size})) ? size : CURL_WRITEFUNC_ERROR;
  }
  /// libcurl's own limit (7.88) was seen to let 100 KB pass at once, which is a whole patchset. While we
  /// do not read, the sender must wait.
  void slow_down() const {
    if (rate == 0) return;
    const std::chrono::duration<double> due(static_cast<double>(received) / static_cast<double>(rate));
    std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(due));
  }
  static std::size_t header(const char* data, std::size_t, std::size_t size, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    exchange.header_bytes += size;
    if (exchange.header_bytes > kMostHeaderBytes) return 0;
    const std::string_view value = header_value({data, size}, "etag");
    if (value.size() <= kLongestValidator && !value.empty()) exchange.tag = value;
    take_time({data, size}, "date", exchange.date);
    take_time({data, size}, "last-modified", exchange.modified);
    const std::string_view changed = header_value({data, size}, "last-modified");
    if (changed.size() <= kLongestValidator && !changed.empty()) exchange.modified_text = changed;
    return size;
  }
  static void take_time(std::string_view line, std::string_view name, std::time_t& time) {
    const std::string value(header_value(line, name));
    if (!value.empty()) time = curl_getdate(value.c_str(), nullptr);
  }
  /// Servers make tags from the time of the last change, in seconds: within that second, another file of the
  /// same length may come to have the same tag (RFC 9110, 8.8.2.2).
  bool is_strong() const { return modified <= 0 || date > modified + 1; }
  /// For the next request; of a server that makes no tags, the time of the last change.
  std::string new_validator() const {
    if (!is_strong()) return {};
    if (!tag.empty()) return tag;
    return modified > 0 ? std::string(kModified) + modified_text : std::string();
  }
};

Result<HttpFetcher> HttpFetcher::open(std::string base_url, HttpOptions options) {
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
  return HttpFetcher(std::move(base_url), std::move(options), std::move(curl));
}

std::string HttpFetcher::url_of(const std::string& path) const {
  return base_url_ + "/" + escaped(path);
}

Result<void> HttpFetcher::perform(const std::string& url, Exchange& exchange) {
  CURL* curl = curl_.get();
  const std::string what = "fetch " + url;
  exchange.rate = options_.rate;
  set_options(curl, url, options_);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Exchange::receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Exchange::header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(exchange.first));
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
  if (!exchange.validator.empty()) {
    const bool is_time = exchange.validator.starts_with(kModified);
    const std::string condition = is_time
                                      ? "If-Modified-Since: " + exchange.validator.substr(kModified.size())
                                      : "If-None-Match: " + exchange.validator;
    headers.reset(curl_slist_append(nullptr, condition.c_str()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  }
  std::array<char, CURL_ERROR_SIZE> words{};
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  const CURLcode code = curl_easy_perform(curl);
  // The handle keeps the pointer, and outlives the buffer.
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange.status);
  long sent = 0;
  long header_bytes = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &header_bytes);
  traffic_.requests++;
  traffic_.bytes += static_cast<std::uint64_t>(sent + header_bytes) + exchange.received;

  if (exchange.status == 404 || code == CURLE_FILE_COULDNT_READ_FILE) return absent(what);
  exchange.slow = code == CURLE_OPERATION_TIMEDOUT;
  if (exchange.too_large) {
    return fail("repository.too-large", what,
                "it is larger than " + std::to_string(exchange.limit) + " bytes",
                "Not what the repository signed: use another mirror.");
  }
  if (code != CURLE_OK) {
    return fail("repository.unreachable", what, words[0] != '\0' ? words.data() : curl_easy_strerror(code),
                "Check the address and the network; the next try goes on where this one ended.");
  }
  const bool expected = exchange.status == 0 || exchange.status == 200 ||
                        (exchange.first > 0 && exchange.status == 206) ||
                        (!exchange.validator.empty() && exchange.status == 304);
  if (!expected) {
    return fail("repository.unreachable", what,
                "the server answers with status " + std::to_string(exchange.status));
  }
  return {};
}

Result<Bytes> HttpFetcher::fetch(const std::string& path, std::size_t max_length) {
  std::string none;
  auto bytes = TRY(fetch_if_changed(path, max_length, none));
  // Nothing was asked for that could be unchanged.
  return *std::move(bytes);
}

Result<std::optional<Bytes>> HttpFetcher::fetch_if_changed(const std::string& path, std::size_t max_length,
                                                           std::string& validator) {
  Bytes bytes;
  Exchange exchange{.validator = validator, .limit = max_length, .sink = [&bytes](ByteView part) {
                      bytes.insert(bytes.end(), part.begin(), part.end());
                      return true;
                    }};
  TRY(perform(url_of(path), exchange));
  if (exchange.status == 304) return std::nullopt;
  validator = exchange.new_validator();
  return bytes;
}

Result<Bytes> HttpFetcher::ask(const std::vector<std::pair<std::string, std::string>>& query,
                               std::size_t max_length) {
  std::string url = base_url_;
  for (const auto& [name, value] : query) {
    url.append(url.size() == base_url_.size() ? "?" : "&").append(escaped(name));
    url.append("=").append(escaped(value));
  }
  Bytes bytes;
  Exchange exchange{.limit = max_length, .sink = [&bytes](ByteView part) {
                      bytes.insert(bytes.end(), part.begin(), part.end());
                      return true;
                    }};
  TRY(perform(url, exchange));
  return bytes;
}

Result<void> HttpFetcher::fetch_file(const std::string& path, std::uint64_t length,
                                     const std::filesystem::path& file) {
  const auto size = [&] {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file, error);
    return error ? std::uint64_t{0} : std::uint64_t{bytes};
  };
  if (size() > length) TRY(write_file(file, std::string_view()));
  for (;;) {
    const std::uint64_t before = size();
    if (before == length) return {};
    bool slow = false;
    const auto tried = resume(path, length, file, slow);
    // One who sends a little and then nothing could hold us for ever.
    const bool more = size() > before && !slow;
    if (tried && size() == length) return {};
    if (!more || (!tried && tried.error().code != "repository.unreachable")) {
      if (!tried) return tried;
      return fail("repository.tampered", "fetch " + path,
                  "it ends after " + std::to_string(size()) + " of " + std::to_string(length) + " bytes",
                  "The file was cut off on the server: use another mirror.");
    }
  }
}

Result<void> HttpFetcher::resume(const std::string& path, std::uint64_t length,
                                 const std::filesystem::path& file, bool& slow) {
  std::error_code error;
  const auto present = std::filesystem::file_size(file, error);
  Exchange exchange{.first = error ? 0 : present, .limit = length};
  exchange.limit -= exchange.first;
  std::ofstream out(file, std::ios::binary | std::ios::app);
  exchange.sink = [&out](ByteView part) {
    const std::string_view text = as_text(part);
    out.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
    return out.good();
  };
  auto done = perform(url_of(path), exchange);
  slow = exchange.slow;
  if (!out.good()) return fail_errno("file.unwritable", "write " + file.string());
  // A server that knows no ranges sends it from the beginning, which libcurl refuses; then so do we begin.
  if (!done && exchange.first > 0 && exchange.status == 200) {
    out.close();
    TRY(write_file(file, std::string_view()));
    return resume(path, length, file, slow);
  }
  return done;
}

}  // namespace suture
