// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>

#include "agent/control.h"
#include "agent/metrics_endpoint.h"
#include "agent/resident.h"
#include "agent/status_metrics.h"
#include "base/json.h"

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

/// The service manager's protocol is one datagram (sd_notify(3)); libsystemd would bring six libraries.
void notify(std::string_view text) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  if (name == nullptr || std::strlen(name) >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, name, std::strlen(name));
  const auto length = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + std::strlen(name));
  // A leading @ stands for the abstract namespace.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const struct sockaddr*>(&address),
           length);
  ::close(fd);
}

/// Signals as a file descriptor, so that they wait while a patch is under way.
Result<int> open_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int fd = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return fail_errno("agent.failed", "wait for signals");
  return fd;
}

void warn_of(const Result<void>& done) {
  if (!done) log_warning(done.error().message());
}

/// One check by the timer. What went wrong is recorded and reported; the daemon goes on.
void check(Agent& agent) {
  const auto outcome = agent.update(Asked::kByTimer);
  if (outcome) {
    log_info("checked: " + std::string(name_of(*outcome)));
    notify("STATUS=checked: " + std::string(name_of(*outcome)));
  } else {
    log_warning(outcome.error().message());
    notify("STATUS=" + outcome.error().code);
  }
  give_back_memory();
}

/// A `suture` that asks: logged as the timer's checks are.
Result<Json> answer(Agent& agent, std::string_view request) {
  auto result = handle_request(agent, request);
  if (request == "status") return result;
  log_info("asked to " + std::string(request) + ": " +
           (result ? result->value("outcome", "") : result.error().message()));
  give_back_memory();
  return result;
}

/// True to go on, false to end.
bool handle_signals(int fd, bool& due) {
  struct signalfd_siginfo info {};
  while (::read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGHUP) return false;
    due = true;
  }
  return true;
}

Result<MetricsEndpoint> listen_for_scrapes(const std::string& address) {
  return MetricsEndpoint::listen(TRY(parse_metrics_address(address)));
}

/// Metrics that cannot be served do not keep a machine unpatched.
std::optional<MetricsEndpoint> open_metrics(const AgentConfig& config) {
  if (config.metrics.empty()) return std::nullopt;
  auto endpoint = listen_for_scrapes(config.metrics);
  if (endpoint) return std::move(*endpoint);
  log_warning(endpoint.error().message());
  return std::nullopt;
}

}  // namespace

std::chrono::seconds next_check(std::chrono::seconds interval, std::uint32_t random) {
  const auto spread = interval.count() / 10;
  const auto shift = spread == 0 ? 0 : static_cast<std::int64_t>(random) % (2 * spread + 1) - spread;
  return interval + std::chrono::seconds(shift);
}

Result<void> run_once(Agent& agent) {
  TRY(agent.start());
  const Outcome outcome = TRY(agent.update(Asked::kByTimer));
  log_info(name_of(outcome));
  return {};
}

Result<void> run_boot(Agent& agent) {
  agent.guard();
  return agent.start();
}

Result<void> run_daemon(Agent& agent) {
  const int signals = TRY(open_signals());
  ControlSocket control = TRY(ControlSocket::listen(agent.config().socket));
  std::optional<MetricsEndpoint> metrics = open_metrics(agent.config());
  agent.guard();
  TRY(agent.start());
  give_back_memory();
  notify("READY=1\nSTATUS=started");

  std::random_device random;
  bool due = true;
  auto next = Clock::now();
  std::optional<Clock::time_point> confirmed;  // when what was applied last is taken for harmless
  for (;;) {
    if (due || (agent.config().checks && Clock::now() >= next)) {
      due = false;
      check(agent);
      next = Clock::now() + next_check(agent.config().interval, random());
    }
    if (!agent.is_unconfirmed().value_or(false)) {
      confirmed.reset();
    } else if (!confirmed) {
      confirmed = Clock::now() + agent.config().crash_window;
    } else if (Clock::now() >= *confirmed) {
      warn_of(agent.confirm());
    }
    struct pollfd fds[] = {
        {signals, POLLIN, 0}, {control.fd(), POLLIN, 0}, {metrics ? metrics->fd() : -1, POLLIN, 0}};
    const auto wake = std::min(next, confirmed.value_or(next));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Clock::now()).count();
    ::poll(fds, 3, static_cast<int>(std::clamp<long long>(left, 0, 3'600'000)));
    if ((fds[0].revents & POLLIN) != 0 && !handle_signals(signals, due)) break;
    if ((fds[2].revents & POLLIN) != 0) metrics->serve([&] { return read_metrics(agent); });
    if ((fds[1].revents & POLLIN) != 0) {
      control.serve_one([&](std::string_view request) { return answer(agent, request); });
    }
  }
  notify("STOPPING=1");
  // Whatever ends the machine now, it does so by somebody's will.
  warn_of(agent.confirm());
  ::close(signals);
  return {};
}

}  // namespace suture
