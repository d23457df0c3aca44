// SPDX-License-Identifier: Apache-2.0
#include "agent/control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/error_json.h"
#include "base/hash.h"
#include "base/json.h"

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAnswerLimit = 1u << 20;

/// Reads to the end of the stream; nothing at the deadline, at an error, or beyond the limit.
std::optional<std::string> read_to_end(int fd, std::size_t limit, Clock::time_point end) {
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
    // One that closes a connection with bytes of ours unread has said what it had to say before.
    if (got < 0 && errno == ECONNRESET && !text.empty()) return text;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) return std::nullopt;
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

Result<Json> interpret(const std::string& text) {
  const Json answer = TRY(parse_json(text, "the daemon's answer"));
  if (const auto error = json_object(answer, "error")) return std::unexpected(error_from_json(**error));
  return *TRY(json_object(answer, "result"));
}

}  // namespace

Result<Json> ask_daemon(const std::filesystem::path& socket, std::string_view request,
                        std::chrono::seconds timeout) {
  const int fd = TRY(connect_to_control(socket));
  send_all(fd, Json{{"request", request}}.dump() + "\n");
  const auto text = read_to_end(fd, kAnswerLimit, Clock::now() + timeout);
  ::close(fd);
  if (!text || text->empty()) {
    return fail("control.no-answer", "ask the daemon to " + std::string(request), "it did not answer in time",
                "Its log tells what it is doing: `journalctl -u sutured`.");
  }
  return interpret(*text);
}

Json to_json(const AgentStatus& status) {
  Json json = to_json(status.report);
  json["module"] = status.module_name;
  json["transition"] = status.transition;
  json["held"] = status.held;
  json["newest_level"] = status.newest;
  json["waits"] = status.waits;
  json["plan"] = status.plan ? to_json(*status.plan) : Json();
  json["quarantined"] = status.quarantined;
  json["quarantine_reasons"] = status.quarantine_reasons;
  json["watched"] = status.watched;
  json["host_key"] = status.host_key.empty() ? Json() : Json(status.host_key);
  json["report_error"] = Json();
  if (status.report_error) {
    json["report_error"] = {{"code", status.report_error->code}, {"message", status.report_error->message}};
  }
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
