// SPDX-License-Identifier: Apache-2.0
//
// Where Prometheus scrapes the daemon: a port of this machine alone, or a UNIX socket.
//
// It lives in the daemon's loop and never waits for a client: listening socket and connections are in one
// epoll instance, whose descriptor is readable when there is something to do. A client that is slow keeps one
// of a few places until newer ones need it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

struct MetricsAddress {
  struct sockaddr_storage socket {};
  socklen_t length = 0;
  std::filesystem::path path{};  ///< of a UNIX socket, else empty
};

/// "127.0.0.1:9798", "[::1]:9798" or an absolute path. Others than loopback addresses are refused:
/// "metrics.address".
Result<MetricsAddress> parse_metrics_address(std::string_view text);

class MetricsEndpoint {
 public:
  /// "metrics.in-use" when somebody listens there, "metrics.failed". Any user of the machine may connect.
  static Result<MetricsEndpoint> listen(const MetricsAddress& address);
  MetricsEndpoint(MetricsEndpoint&& other) noexcept;
  MetricsEndpoint& operator=(MetricsEndpoint&&) = delete;
  ~MetricsEndpoint();

  /// Readable when serve() has something to do.
  int fd() const { return epoll_; }
  /// Does what can be done at once, and no more than a few steps of it.
  void serve(const std::function<Result<std::string>()>& metrics);
  /// The port, when the kernel was to choose one.
  std::uint16_t port() const;
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection {
    int fd = -1;
    std::string received{};
  };

  MetricsEndpoint() = default;
  Result<void> watch(int fd) const;
  void accept_one();
  void read_one(int fd, const std::function<Result<std::string>()>& metrics);
  void drop(int fd);

  int epoll_ = -1;
  int listener_ = -1;
  std::filesystem::path path_{};           ///< to be removed at the end
  std::vector<Connection> connections_{};  ///< the oldest first
};

}  // namespace suture
