// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "agent/metrics_answer.h"
#include "base/file.h"

namespace suture {
namespace {

constexpr std::size_t kMostConnections = 8;
constexpr int kMostEvents = 16;
constexpr int kBacklog = 8;

std::unexpected<Error> wrong(std::string_view text, const std::string& why) {
  return fail("metrics.address", "serve metrics at \"" + std::string(text) + "\"", why,
              "Use an address of this machine alone, such as 127.0.0.1:9798, or the path of a UNIX socket.");
}

template <class T>
void put(MetricsAddress& address, const T& socket) {
  static_assert(sizeof socket <= sizeof address.socket);
  std::memcpy(&address.socket, &socket, sizeof socket);
  address.length = sizeof socket;
}

const struct sockaddr* generic(const MetricsAddress& address) {
  return reinterpret_cast<const struct sockaddr*>(&address.socket);
}

Result<MetricsAddress> parse_path(std::string_view text) {
  struct sockaddr_un socket {};
  socket.sun_family = AF_UNIX;
  if (text.size() >= sizeof socket.sun_path || text.find('\0') != std::string_view::npos) {
    return wrong(text, "its path is too long for a UNIX socket");
  }
  std::ranges::copy(text, socket.sun_path);
  MetricsAddress address;
  put(address, socket);
  address.path = text;
  return address;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || rest != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

/// Whether somebody answers at a UNIX socket that is there already.
bool is_in_use(const MetricsAddress& address) {
  const int fd = ::socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool connected = ::connect(fd, generic(address), address.length) == 0 || errno == EAGAIN;
  ::close(fd);
  return connected;
}

/// A socket that a killed daemon left is removed; any other file stays, and bind(2) refuses it.
Result<void> make_room(const MetricsAddress& address) {
  TRY(make_directories(address.path.parent_path()));
  if (is_in_use(address)) {
    return fail("metrics.in-use", "serve metrics at " + address.path.string(),
                "somebody listens there already");
  }
  if (std::error_code error; std::filesystem::is_socket(address.path, error)) ::unlink(address.path.c_str());
  return {};
}

}  // namespace

Result<MetricsAddress> parse_metrics_address(std::string_view text) {
  if (text.starts_with('/')) return parse_path(text);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong(text, "there is no port behind a colon");
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return wrong(text, "what stands behind the colon is no port");
  std::string host(text.substr(0, colon));
  MetricsAddress address;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    struct sockaddr_in6 socket {};
    socket.sin6_family = AF_INET6;
    socket.sin6_port = htons(*port);
    if (::inet_pton(AF_INET6, host.c_str(), &socket.sin6_addr) != 1) return wrong(text, "it is no address");
    if (IN6_IS_ADDR_LOOPBACK(&socket.sin6_addr) == 0) return wrong(text, "other machines could reach it");
    put(address, socket);
    return address;
  }
  struct sockaddr_in socket {};
  socket.sin_family = AF_INET;
  socket.sin_port = htons(*port);
  if (::inet_pton(AF_INET, host.c_str(), &socket.sin_addr) != 1) return wrong(text, "it is no address");
  constexpr std::uint32_t kLoopback = 127;
  if (ntohl(socket.sin_addr.s_addr) >> 24 != kLoopback) return wrong(text, "other machines could reach it");
  put(address, socket);
  return address;
}

Result<MetricsEndpoint> MetricsEndpoint::listen(const MetricsAddress& address) {
  const std::string what = "serve metrics" + (address.path.empty() ? "" : " at " + address.path.string());
  if (!address.path.empty()) TRY(make_room(address));
  MetricsEndpoint endpoint;
  endpoint.listener_ = ::socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  endpoint.epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (endpoint.listener_ < 0 || endpoint.epoll_ < 0) return fail_errno("metrics.failed", what);
  // After a restart, connections of the last daemon may linger.
  const int yes = 1;
  ::setsockopt(endpoint.listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Whoever may ask for the status may read the same here.
  const mode_t mask = ::umask(0111);
  const int bound = ::bind(endpoint.listener_, generic(address), address.length);
  const int reason = errno;
  ::umask(mask);
  errno = reason;
  if (bound != 0) return fail_errno(errno == EADDRINUSE ? "metrics.in-use" : "metrics.failed", what);
  endpoint.path_ = address.path;
  if (::listen(endpoint.listener_, kBacklog) != 0) return fail_errno("metrics.failed", what);
  TRY(endpoint.watch(endpoint.listener_));
  return endpoint;
}

MetricsEndpoint::MetricsEndpoint(MetricsEndpoint&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)),
      listener_(std::exchange(other.listener_, -1)),
      path_(std::exchange(other.path_, {})),
      connections_(std::exchange(other.connections_, {})) {}

MetricsEndpoint::~MetricsEndpoint() {
  for (const Connection& connection : connections_) ::close(connection.fd);
  if (!path_.empty()) ::unlink(path_.c_str());
  if (listener_ >= 0) ::close(listener_);
  if (epoll_ >= 0) ::close(epoll_);
}

Result<void> MetricsEndpoint::watch(int fd) const {
  struct epoll_event event {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
    return fail_errno("metrics.failed", "serve metrics");
  return {};
}

std::uint16_t MetricsEndpoint::port() const {
  struct sockaddr_storage address {};
  socklen_t length = sizeof address;
  if (::getsockname(listener_, reinterpret_cast<struct sockaddr*>(&address), &length) != 0) return 0;
  struct sockaddr_in in {};
  struct sockaddr_in6 in6 {};
  if (address.ss_family == AF_INET) {
    std::memcpy(&in, &address, sizeof in);
    return ntohs(in.sin_port);
  }
  if (address.ss_family != AF_INET6) return 0;
  std::memcpy(&in6, &address, sizeof in6);
  return ntohs(in6.sin6_port);
}

void MetricsEndpoint::serve(const std::function<Result<std::string>()>& metrics) {
  struct epoll_event events[kMostEvents] = {};
  const int ready = ::epoll_wait(epoll_, events, kMostEvents, 0);
  // Those who wait already come before a new one, which may take the place of the oldest.
  for (int at = 0; at < ready; ++at) {
    if (events[at].data.fd != listener_) read_one(events[at].data.fd, metrics);
  }
  for (int at = 0; at < ready; ++at) {
    if (events[at].data.fd == listener_) accept_one();
  }
}

void MetricsEndpoint::accept_one() {
  if (connections_.size() >= kMostConnections) drop(connections_.front().fd);
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (!watch(fd)) {
    ::close(fd);
    return;
  }
  connections_.push_back({.fd = fd});
}

void MetricsEndpoint::read_one(int fd, const std::function<Result<std::string>()>& metrics) {
  const auto found = std::ranges::find(connections_, fd, &Connection::fd);
  if (found == connections_.end()) return;
  char buffer[kMostRequest] = {};
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(fd);
  found->received.append(buffer, static_cast<std::size_t>(got));
  if (!is_request_complete(found->received)) return;
  const std::string answer = metrics_answer(found->received, metrics);
  // A fresh connection's buffer takes all of it at once. One that does not has a client which does not read.
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // To close it with unread bytes would take the answer back (RFC 9112, 9.6).
  ::shutdown(fd, SHUT_WR);
  ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  drop(fd);
}

void MetricsEndpoint::drop(int fd) {
  ::close(fd);
  std::erase_if(connections_, [&](const Connection& connection) { return connection.fd == fd; });
}

}  // namespace suture
