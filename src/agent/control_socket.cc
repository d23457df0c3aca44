// SPDX-License-Identifier: Apache-2.0
#include "agent/control_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/error_json.h"
#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kRequestLimit = 4096;
constexpr int kWaiting = 128;      // connections that the kernel keeps for us
constexpr std::size_t kTurn = 16;  // connections and events that one call looks at

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

std::string text_of(const Result<Json>& answer) {
  if (answer) return json_text(Json{{"result", *answer}});
  return json_text(Json{{"error", to_json(answer.error())}});
}

bool is_privileged(uid_t uid) {
  return uid == 0 || uid == ::geteuid();
}

Result<void> watch(int events, int fd, std::uint32_t what, int operation = EPOLL_CTL_ADD) {
  struct epoll_event event {};
  event.events = what;
  event.data.fd = fd;
  if (::epoll_ctl(events, operation, fd, &event) == 0) return {};
  return fail_errno("control.failed", "watch the control socket");
}

}  // namespace

bool only_reads(std::string_view request) {
  static constexpr std::array<std::string_view, 1> kAll = {"status"};
  return std::ranges::find(kAll, request) != kAll.end();
}

Result<int> connect_to_control(const std::filesystem::path& path) {
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

Result<ControlSocket> ControlSocket::listen(const std::filesystem::path& path, Limits limits) {
  const std::string what = "listen at " + path.string();
  const struct sockaddr_un address = TRY(address_of(path));
  TRY(make_directories(path.parent_path()));
  if (const auto other = connect_to_control(path)) {
    ::close(*other);
    return fail("control.in-use", what, "another sutured runs already", "`systemctl status sutured`");
  }
  ::unlink(path.c_str());
  ControlSocket control(::epoll_create1(EPOLL_CLOEXEC),
                        ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                        ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), path, limits);
  if (control.events_ < 0 || control.listener_ < 0 || control.timer_ < 0) {
    return fail_errno("control.failed", what);
  }
  // The mode is right from the first moment on, rather than put right after it.
  const mode_t mask = ::umask(0111);
  const int bound =
      ::bind(control.listener_, reinterpret_cast<const struct sockaddr*>(&address), sizeof address);
  const int reason = errno;
  ::umask(mask);
  errno = reason;
  if (bound != 0 || ::listen(control.listener_, kWaiting) != 0) return fail_errno("control.failed", what);
  TRY(watch(control.events_, control.listener_, EPOLLIN));
  TRY(watch(control.events_, control.timer_, EPOLLIN));
  return control;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : events_(std::exchange(other.events_, -1)),
      listener_(std::exchange(other.listener_, -1)),
      timer_(std::exchange(other.timer_, -1)),
      path_(std::move(other.path_)),
      limits_(other.limits_),
      clients_(std::exchange(other.clients_, {})) {}

ControlSocket::~ControlSocket() {
  for (const auto& [fd, client] : clients_) ::close(fd);
  if (listener_ >= 0) ::unlink(path_.c_str());
  for (const int fd : {listener_, timer_, events_}) {
    if (fd >= 0) ::close(fd);
  }
}

void ControlSocket::serve_one(const Handler& handle) {
  std::array<struct epoll_event, kTurn> events{};
  const int count = ::epoll_wait(events_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == listener_) {
      take_new();
    } else if (fd != timer_) {
      go_on(fd, handle);
    }
  }
  // A request may take minutes. Who wrote meanwhile was not late, and had its turn before.
  if (count < static_cast<int>(events.size())) close_late();
  set_timer();
}

bool ControlSocket::has_room(uid_t uid) const {
  const auto of_others = [](const auto& entry) { return !is_privileged(entry.second.uid); };
  const auto all = static_cast<std::size_t>(std::ranges::count_if(clients_, of_others));
  if (is_privileged(uid)) return clients_.size() - all < limits_.privileged;
  const auto same =
      std::ranges::count_if(clients_, [&](const auto& entry) { return entry.second.uid == uid; });
  return all < limits_.others && static_cast<std::size_t>(same) < limits_.each;
}

void ControlSocket::take_new() {
  for (std::size_t i = 0; i < kTurn; ++i) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    struct ucred peer {};
    socklen_t length = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || !has_room(peer.uid)) {
      const std::string busy =
          text_of(fail("control.busy", "take a request", "too many others are being answered",
                       "Try again in a few seconds."));
      ::send(fd, busy.data(), busy.size(), MSG_NOSIGNAL);
      ::close(fd);
      continue;
    }
    if (!watch(events_, fd, EPOLLIN | EPOLLRDHUP)) {
      ::close(fd);
      continue;
    }
    clients_.emplace(fd, Client{.uid = peer.uid, .end = Clock::now() + limits_.patience});
  }
}

/// As far as its bytes go. The client may be gone afterwards.
void ControlSocket::go_on(int fd, const Handler& handle) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (client.answered) return send_some(fd, client);
  if (!read_some(fd, client)) return close_client(fd);
  const bool whole = client.asked.find('\n') != std::string::npos;
  if (!whole && client.asked.size() <= kRequestLimit) return;
  client.answer = text_of(judge(client, handle));
  client.answered = true;
  client.end = Clock::now() + limits_.patience;
  send_some(fd, client);
}

/// False when nothing more can come of it.
bool ControlSocket::read_some(int fd, Client& client) const {
  std::array<char, kRequestLimit> buffer;
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  client.asked.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

Result<Json> ControlSocket::judge(const Client& client, const Handler& handle) const {
  const std::size_t end = client.asked.find('\n');
  if (end > kRequestLimit) {  // or there is none
    return fail("control.request", "read a request", "it is no line of JSON of at most 4096 bytes");
  }
  const Json json =
      TRY(parse_json(client.asked.substr(0, end), "a request", {.bytes = kRequestLimit, .depth = 4}));
  const std::string request = TRY(json_string(json, "request"));
  if (!is_privileged(client.uid) && !only_reads(request)) {
    return fail("control.denied", request, "only root may", "Run it with sudo.");
  }
  return handle(request);
}

void ControlSocket::send_some(int fd, Client& client) {
  while (!client.answer.empty()) {
    const ssize_t put = ::send(fd, client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN && watch(events_, fd, EPOLLOUT, EPOLL_CTL_MOD)) return;
    // A caller that has gone does not need its answer.
    if (put <= 0) break;
    client.answer.erase(0, static_cast<std::size_t>(put));
  }
  close_client(fd);
}

void ControlSocket::close_client(int fd) {
  clients_.erase(fd);
  ::close(fd);
}

void ControlSocket::close_late() {
  std::vector<int> late;
  for (const auto& [fd, client] : clients_) {
    if (client.end <= Clock::now()) late.push_back(fd);
  }
  std::ranges::for_each(late, [this](int fd) { close_client(fd); });
}

/// To the first moment at which somebody is late; off when nobody can be, so that an idle daemon sleeps.
void ControlSocket::set_timer() const {
  struct itimerspec when {};
  if (!clients_.empty()) {
    const auto first = std::ranges::min_element(clients_, {}, [](const auto& entry) {
                         return entry.second.end;
                       })->second.end;
    const auto left = std::max(std::chrono::nanoseconds(first - Clock::now()), std::chrono::nanoseconds(1));
    when.it_value.tv_sec = left.count() / 1'000'000'000;
    when.it_value.tv_nsec = left.count() % 1'000'000'000;
  }
  ::timerfd_settime(timer_, 0, &when, nullptr);
}

}  // namespace suture
