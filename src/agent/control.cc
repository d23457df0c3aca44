// SPDX-License-Identifier: Apache-2.0
#include "agent/control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/hash.h"
#include "base/json.h"

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRequestLimit = 4096;
constexpr std::size_t kAnswerLimit = 1u << 20;
constexpr auto kClientPatience = std::chrono::seconds(2);

Result<struct sockaddr_un> address_of(const std::filesystem::path& path) {
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    return fail("control.path", "use the socket " + text, "its path is too long for a UNIX socket");
  }
  std::ranges::copy(text, address.sun_path);
  return address;
}

/// Reads up to `stop` or the end of the stream; nothing at the deadline, at an error, or beyond the limit.
std::optional<std::string> read_until(int fd, std::optional<char> stop, std::size_t limit,
                                      Clock::time_point end) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    struct pollfd poll_fd = {fd, POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready <= 0) continue;
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) return std::nullopt;
    if (got == 0) return stop ? std::nullopt : std::optional(text);
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) return std::nullopt;
    if (stop && text.find(*stop) != std::string::npos) return text.substr(0, text.find(*stop));
  }
}

/// Best effort: a caller that has gone does not need its answer.
void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

Json error_json(const Error& error) {
  return {{"code", error.code}, {"what", error.what}, {"why", error.why}, {"hint", error.hint}};
}

Result<Json> interpret(const std::string& text) {
  const Json answer = TRY(parse_json(text, "the daemon's answer"));
  if (const auto error = json_object(answer, "error")) {
    const auto field = [&](const char* key) { return json_string(**error, key).value_or(""); };
    return std::unexpected(Error{field("code"), field("what"), field("why"), field("hint")});
  }
  return *TRY(json_object(answer, "result"));
}

Result<int> connect_to(const std::filesystem::path& path) {
  const std::string what = "ask the daemon at " + path.string();
  const struct sockaddr_un address = TRY(address_of(path));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("control.failed", what);
  if (::connect(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof address) == 0) return fd;
  const int reason = errno;
  ::close(fd);
  errno = reason;
  if (reason == EACCES || reason == EPERM) {
    return fail("control.denied", what, "only root may", "Run it with sudo.");
  }
  const bool absent = reason == ENOENT || reason == ECONNREFUSED;
  return fail_errno(absent ? "control.absent" : "control.failed", what);
}

}  // namespace

Result<Json> ask_daemon(const std::filesystem::path& socket, std::string_view request,
                        std::chrono::seconds timeout) {
  const int fd = TRY(connect_to(socket));
  send_all(fd, Json{{"request", request}}.dump() + "\n");
  const auto text = read_until(fd, std::nullopt, kAnswerLimit, Clock::now() + timeout);
  ::close(fd);
  if (!text || text->empty()) {
    return fail("control.no-answer", "ask the daemon to " + std::string(request), "it did not answer in time",
                "Its log tells what it is doing: `journalctl -u sutured`.");
  }
  return interpret(*text);
}

Result<ControlSocket> ControlSocket::listen(const std::filesystem::path& path) {
  const std::string what = "listen at " + path.string();
  const struct sockaddr_un address = TRY(address_of(path));
  TRY(make_directories(path.parent_path()));
  if (const auto other = connect_to(path)) {
    ::close(*other);
    return fail("control.in-use", what, "another sutured runs already", "`systemctl status sutured`");
  }
  ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail_errno("control.failed", what);
  ControlSocket control(fd, path);
  // The mode is right from the first moment on, rather than put right after it.
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof address);
  const int reason = errno;
  ::umask(mask);
  errno = reason;
  if (bound != 0 || ::listen(fd, 16) != 0) return fail_errno("control.failed", what);
  return control;
}

ControlSocket::~ControlSocket() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

void ControlSocket::serve_one(const std::function<Result<Json>(std::string_view)>& handle) const {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const struct timeval patience = {kClientPatience.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto line = read_until(fd, '\n', kRequestLimit, Clock::now() + kClientPatience);
  const Result<Json> answer = [&]() -> Result<Json> {
    if (!line) return fail("control.request", "read a request", "no whole line of JSON came in time");
    const Json request = TRY(parse_json(*line, "a request", {.bytes = kRequestLimit, .depth = 4}));
    return handle(TRY(json_string(request, "request")));
  }();
  send_all(fd, json_text(answer ? Json{{"result", *answer}} : Json{{"error", error_json(answer.error())}}));
  ::close(fd);
}

Json to_json(const AgentStatus& status) {
  Json json = to_json(status.report);
  json["module"] = status.module_name;
  json["transition"] = status.transition;
  json["held"] = status.held;
  json["newest_level"] = status.newest;
  json["waits"] = status.waits;
  json["quarantined"] = status.quarantined;
  json["log"] = status.log ? Json(fmt::format("{}:{}", status.log->size, to_hex(status.log->root))) : Json();
  return json;
}

namespace {

Result<std::uint32_t> read_level(std::string_view text) {
  std::uint32_t level = 0;
  const auto [rest, problem] = std::from_chars(text.begin(), text.end(), level);
  if (problem == std::errc() && rest == text.end() && level > 0) return level;
  return fail("control.request", "read a level", "\"" + std::string(text) + "\" is none");
}

}  // namespace

Result<Json> handle_request(Agent& agent, std::string_view request) {
  const auto with_status = [&](const Outcome outcome) -> Result<Json> {
    return Json{{"outcome", name_of(outcome)}, {"status", to_json(TRY(agent.status()))}};
  };
  if (request == "update") return with_status(TRY(agent.update(Asked::kByAdministrator)));
  if (request == "revert") return with_status(TRY(agent.revert()));
  constexpr std::string_view kRevertTo = "revert ";
  if (request.starts_with(kRevertTo)) {
    return with_status(TRY(agent.revert_to(TRY(read_level(request.substr(kRevertTo.size()))))));
  }
  if (request == "check") {
    TRY(agent.check());
    return Json{{"status", to_json(TRY(agent.status()))}};
  }
  if (request == "status") return Json{{"status", to_json(TRY(agent.status()))}};
  return fail("control.request", "do what was asked", "there is no such request",
              "Requests are update, revert, check and status.");
}

}  // namespace suture
