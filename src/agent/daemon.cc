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

#include "agent/control.h"
#include "agent/metrics_endpoint.h"
#include "agent/resident.h"
#include "agent/schedule.h"
#include "agent/status_metrics.h"
#include "agent/unprivileged.h"
#include "agent/wake.h"
#include "base/json.h"
#include "base/time.h"

namespace suture {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFirstWakePause = std::chrono::minutes(1);
constexpr auto kMostWakePause = std::chrono::hours(4);

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

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // Fails only for sizes beyond 256.
  static_cast<void>(::getentropy(&number, sizeof number));
  return number;
}

void warn_of(const Result<void>& done) {
  if (!done) log_warning(done.error().message());
}

Result<MetricsEndpoint> listen_for_scrapes(const std::string& address) {
  return MetricsEndpoint::listen(TRY(parse_metrics_address(address)));
}

class Daemon {
 public:
  Daemon(MakeAgent make, std::shared_ptr<Agent> agent)
      : make_(std::move(make)),
        agent_(std::move(agent)),
        schedule_(agent_->config().interval, host_id(agent_->config()).value_or(""), Clock::now(),
                  random_number()) {}

  Result<void> run();

 private:
  void check();
  void reload();
  void open_metrics();
  void confirm_in_time();
  void keep_listening();
  void start_listening_later();
  void hear();
  Result<Json> answer(std::string_view request);
  bool handle_signals(int fd);
  int milliseconds_to_sleep() const;

  MakeAgent make_;
  std::shared_ptr<Agent> agent_;
  Schedule schedule_;
  std::optional<MetricsEndpoint> metrics_{};
  bool due_ = false;                              ///< somebody wants a check, whatever the schedule says
  std::optional<Clock::time_point> confirmed_{};  ///< when what was applied last is taken for harmless
  std::optional<Clock::time_point> looks_{};      ///< when the level that is new is looked at again
  std::optional<WakeChild> wake_{};               ///< waits for a server's call
  Clock::time_point wake_again_{};                ///< before that, none is started in place of one that ended
  int wake_ends_ = 0;
  std::string config_error_{};  ///< why the last reload changed nothing
};

/// One check by the timer. What went wrong is recorded and reported; the daemon goes on.
void Daemon::check() {
  due_ = false;
  const auto outcome = agent_->update(Asked::kByTimer);
  if (outcome) {
    log_info("checked: " + std::string(name_of(*outcome)));
    notify("STATUS=checked: " + std::string(name_of(*outcome)));
  } else {
    log_warning(outcome.error().message());
    notify("STATUS=" + outcome.error().code);
  }
  give_back_memory();
  schedule_.checked(Clock::now(), outcome || !is_worth_a_retry(outcome.error().code), random_number());
}

void Daemon::reload() {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
  const auto made = [&]() -> Result<std::shared_ptr<Agent>> {
    auto agent = TRY_IN("read the configuration again", make_());
    const AgentConfig& now = agent_->config();
    if (agent->config().state != now.state || agent->config().socket != now.socket) {
      return fail("agent.config", "read the configuration again",
                  "the folder of state or the socket is another one, which takes a restart",
                  "`systemctl restart sutured`");
    }
    return agent;
  }();
  if (made) {
    const bool moved = (*made)->config().metrics != agent_->config().metrics;
    agent_ = *made;
    if (moved) open_metrics();
    agent_->guard();
    schedule_.set_interval(agent_->config().interval);
    wake_.reset();
    wake_again_ = {};
    wake_ends_ = 0;
    log_info("read the configuration again");
  } else {
    log_warning("the configuration stays as it was: " + made.error().message());
  }
  config_error_ = made ? "" : made.error().message();
  due_ = true;
  notify(made ? "READY=1\nSTATUS=reloaded" : "READY=1\nSTATUS=" + made.error().code);
}

/// A `suture` that asks: logged as the timer's checks are.
Result<Json> Daemon::answer(std::string_view request) {
  auto result = handle_request(*agent_, request);
  if (result && request == "status") {
    const auto left = std::chrono::ceil<std::chrono::seconds>(schedule_.next() - Clock::now());
    Json& status = (*result)["status"];
    status["next_check_at"] = agent_->config().checks ? Json(time_text(wall_clock() + left)) : Json();
    status["config_error"] = config_error_.empty() ? Json() : Json(config_error_);
    return result;
  }
  log_info("asked to " + std::string(request) + ": " +
           (result ? result->value("outcome", "") : result.error().message()));
  give_back_memory();
  if (result && (request == "update" || request == "check")) {
    schedule_.checked(Clock::now(), true, random_number());
  }
  return result;
}

/// True to go on, false to end.
bool Daemon::handle_signals(int fd) {
  struct signalfd_siginfo info {};
  while (::read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGHUP) return false;
    reload();
  }
  return true;
}

/// Metrics that cannot be served do not keep a machine unpatched.
void Daemon::open_metrics() {
  metrics_.reset();
  const std::string& address = agent_->config().metrics;
  if (address.empty()) return;
  if (auto endpoint = listen_for_scrapes(address)) {
    metrics_.emplace(std::move(*endpoint));
  } else {
    log_warning(endpoint.error().message());
  }
}

void Daemon::confirm_in_time() {
  if (!agent_->is_unconfirmed().value_or(false)) {
    confirmed_.reset();
  } else if (!confirmed_) {
    confirmed_ = Clock::now() + agent_->config().crash_window;
  } else if (Clock::now() >= *confirmed_) {
    warn_of(agent_->confirm());
  }
}

/// Sees to it that a process waits for calls, if one is to.
void Daemon::keep_listening() {
  const AgentConfig& config = agent_->config();
  const std::string server = config.checks ? wake_server(config) : "";
  if (wake_ || server.empty() || Clock::now() < wake_again_) return;
  auto started = WakeChild::start(Unprivileged::find(), server, http_options(config));
  if (started) {
    wake_ = *std::move(started);
    return;
  }
  log_warning(started.error().message());
  start_listening_later();
}

/// A process that ends is started again, but one that ends at once, again and again, less and less often.
void Daemon::start_listening_later() {
  wake_.reset();
  wake_again_ = Clock::now() + back_off(kFirstWakePause, kMostWakePause, ++wake_ends_, random_number());
}

void Daemon::hear() {
  const auto said = wake_->listen();
  if (said == WakeChild::Said::kNothing) return;
  if (said == WakeChild::Said::kGone) {
    log_warning("the process that waits for a server's call has ended; another one will take its place");
    start_listening_later();
  } else {
    wake_ends_ = 0;
  }
  // Also when it ended: there may have been a call that nobody heard.
  schedule_.woken(Clock::now(), random_number());
}

int Daemon::milliseconds_to_sleep() const {
  constexpr long long kMost = 3'600'000;
  auto wake = Clock::now() + std::chrono::milliseconds(kMost);
  if (agent_->config().checks) wake = std::min(wake, schedule_.next());
  if (confirmed_) wake = std::min(wake, *confirmed_);
  if (looks_) wake = std::min(wake, *looks_);
  const bool listens = agent_->config().checks && !wake_server(agent_->config()).empty();
  if (listens && !wake_) wake = std::min(wake, wake_again_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, kMost));
}

Result<void> Daemon::run() {
  const int signals = TRY(open_signals());
  ControlSocket control = TRY(ControlSocket::listen(agent_->config().socket));
  open_metrics();
  agent_->guard();
  TRY(agent_->start());
  give_back_memory();
  notify("READY=1\nSTATUS=started");

  for (;;) {
    if (due_ || (agent_->config().checks && Clock::now() >= schedule_.next())) check();
    confirm_in_time();
    looks_ = agent_->watch(Clock::now());
    keep_listening();
    // A negative one is passed over.
    struct pollfd fds[] = {{signals, POLLIN, 0},
                           {control.fd(), POLLIN, 0},
                           {wake_ ? wake_->fd() : -1, POLLIN, 0},
                           {metrics_ ? metrics_->fd() : -1, POLLIN, 0}};
    ::poll(fds, std::size(fds), milliseconds_to_sleep());
    if ((fds[0].revents & POLLIN) != 0 && !handle_signals(signals)) break;
    // A reload may have put an end to the one that was polled.
    if (wake_ && fds[2].revents != 0) hear();
    if ((fds[1].revents & POLLIN) != 0) {
      control.serve_one([this](std::string_view request) { return answer(request); });
    }
    // A reload may have opened another one.
    if ((fds[3].revents & POLLIN) != 0 && metrics_) metrics_->serve([this] { return read_metrics(*agent_); });
  }
  notify("STOPPING=1");
  // Whatever ends the machine now, it does so by somebody's will.
  warn_of(agent_->confirm());
  ::close(signals);
  return {};
}

}  // namespace

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

Result<void> run_daemon(const MakeAgent& make) {
  return Daemon(make, TRY(make())).run();
}

}  // namespace suture
