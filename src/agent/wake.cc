// SPDX-License-Identifier: Apache-2.0
#include "agent/wake.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "agent/log.h"
#include "agent/resident.h"
#include "base/json.h"

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAnswer = 1024;
constexpr std::size_t kLongestWord = 64;
/// Longer than any server lets us wait, so that a connection which nobody ends is noticed.
constexpr long kLongestWait = 600;
/// An answer that comes sooner than this was none to wait for: many of them are a server that does harm.
constexpr auto kQuick = std::chrono::seconds(20);
constexpr int kQuickAtOnce = 2;  ///< a repository that changes twice in a moment does none
constexpr auto kFirstPause = std::chrono::seconds(5);
constexpr auto kLongestPause = std::chrono::minutes(10);

struct Body {
  std::string text{};
  static std::size_t receive(const char* data, std::size_t, std::size_t size, void* context) {
    auto& body = *static_cast<Body*>(context);
    if (size > kMostAnswer - body.text.size()) return CURL_WRITEFUNC_ERROR;
    body.text.append(data, size);
    return size;
  }
};

/// Holds the request, for ever.
class Listener {
 public:
  Listener(int out, std::string server, HttpOptions options)
      : out_(out),
        url_(std::move(server) + "/api/v1/wake"),
        options_(std::move(options)),
        easy_(curl_easy_init(), &curl_easy_cleanup),
        multi_(curl_multi_init(), &curl_multi_cleanup) {}

  [[noreturn]] void run();

 private:
  Result<std::optional<WakeAnswer>> ask();
  CURLcode perform();
  void prepare(const std::string& url, Body& body);
  void tell(const Result<std::optional<WakeAnswer>>& answer);

  int out_;
  std::string url_;
  HttpOptions options_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  std::string after_{};
  bool failing_ = false;
};

void Listener::prepare(const std::string& url, Body& body) {
  CURL* curl = easy_.get();
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kLongestWait);
  // Ways through address translation are forgotten when nothing passes.
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 1024L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Body::receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  set_way(curl, options_);
}

/// curl_easy_perform() would wake up each second. Once nothing has come for a while, the server waits with
/// us, and what was needed to get there need not stay in memory.
CURLcode Listener::perform() {
  constexpr int kAWhile = 1000;
  constexpr int kMostSleep = 60'000;
  curl_multi_add_handle(multi_.get(), easy_.get());
  CURLcode code = CURLE_FAILED_INIT;
  bool waits = false;
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
    if (running == 0) break;
    int came = 0;
    if (curl_multi_poll(multi_.get(), nullptr, 0, waits ? kMostSleep : kAWhile, &came) != CURLM_OK) break;
    if (came == 0 && !waits) give_back_memory();
    waits = waits || came == 0;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

/// One request. Nothing: there was no reason for a while.
Result<std::optional<WakeAnswer>> Listener::ask() {
  const std::string what = "wait for a call of " + url_;
  Body body;
  prepare(url_ + (after_.empty() ? "" : "?after=" + after_), body);
  const CURLcode code = perform();
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OPERATION_TIMEDOUT && status == 0 && !after_.empty()) return std::nullopt;
  if (code != CURLE_OK) return fail("agent.wake", what, curl_easy_strerror(code));
  if (status == 204) return std::nullopt;
  if (status != 200)
    return fail("agent.wake", what, "the server answers with status " + std::to_string(status));
  return TRY_IN(what, parse_wake_answer(body.text));
}

/// An outage is told once, and its end.
void Listener::tell(const Result<std::optional<WakeAnswer>>& answer) {
  if (!answer && !failing_) log_warning(answer.error().message());
  if (answer && failing_) log_info("waits for a call of " + url_ + " again");
  failing_ = !answer;
}

void Listener::run() {
  for (WakePace pace;;) {
    const auto begin = Clock::now();
    const auto answer = ask();
    tell(answer);
    if (answer && *answer) {
      after_ = (*answer)->after;
      const char byte = '!';
      if ((*answer)->check && ::write(out_, &byte, 1) < 0 && errno != EAGAIN) ::_exit(1);
    }
    std::uint64_t random = 0;
    static_cast<void>(::getentropy(&random, sizeof random));
    const auto took = std::chrono::floor<Schedule::Span>(Clock::now() - begin);
    std::this_thread::sleep_for(pace.after(answer.has_value(), took, random));
  }
}

}  // namespace

Schedule::Span WakePace::after(bool answered, Schedule::Span took, std::uint64_t random) {
  constexpr int kMost = 1000;
  if (answered && took >= kQuick) {
    in_a_row_ = 0;
  } else {
    in_a_row_ = std::min(answered ? in_a_row_ + 1 : std::max(in_a_row_, kQuickAtOnce) + 1, kMost);
  }
  if (in_a_row_ <= kQuickAtOnce) return {};
  return back_off(kFirstPause, kLongestPause, in_a_row_ - kQuickAtOnce, random);
}

Result<WakeAnswer> parse_wake_answer(std::string_view text) {
  const std::string what = "read the server's answer";
  const Json json = TRY(parse_json(text, "the server's answer", {.bytes = kMostAnswer, .depth = 4}));
  const std::string after = TRY(json_string(json, "after"));
  const std::string reason = TRY(json_string(json, "reason"));
  // It goes into the next request as it is.
  const bool plain = after.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (after.empty() || after.size() > kLongestWord || !plain) {
    return fail("agent.wake", what, "\"after\" is not one word of hexadecimal digits");
  }
  if (reason != "state" && reason != "changed" && reason != "urgent") {
    return fail("agent.wake", what, "its reason is none that we know");
  }
  return WakeAnswer{.after = after, .check = reason != "state"};
}

Result<WakeChild> WakeChild::start(const Unprivileged& user, std::string server, HttpOptions options) {
  const auto work = [&](int out) { Listener(out, server, options).run(); };
  const auto [child, fd] = TRY(start_unprivileged(user, work));
  return WakeChild(child, fd);
}

WakeChild::Said WakeChild::listen() const {
  Said said = Said::kNothing;
  char block[64];
  for (;;) {
    const ssize_t got = ::read(fd_, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return Said::kGone;
    if (got < 0) return said;
    said = Said::kCheck;
  }
}

WakeChild::~WakeChild() {
  if (child_ < 0) return;
  ::close(fd_);
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace suture
