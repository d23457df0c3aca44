// SPDX-License-Identifier: Apache-2.0
//
// How `suture` asks the daemon: one connection to a UNIX socket (mode 0600), one line of JSON
// {"request":"update"|"revert"|"status"}, one JSON document back: {"result":…} or {"error":{…}}.
#pragma once

#include <chrono>
#include <filesystem>

#include "agent/agent.h"
#include "base/json_fwd.h"

namespace suture {

/// Does what a request asks for. The same words serve a `suture` that works without a daemon.
Result<Json> handle_request(Agent& agent, std::string_view request);

Json to_json(const AgentStatus& status);

/// Asks the daemon. "control.absent" when none listens there, "control.denied" when the caller may not.
Result<Json> ask_daemon(const std::filesystem::path& socket, std::string_view request,
                        std::chrono::seconds timeout);

/// The listening end; the socket goes away with it.
class ControlSocket {
 public:
  static Result<ControlSocket> listen(const std::filesystem::path& path);
  ControlSocket(ControlSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();

  int fd() const { return fd_; }
  /// Takes one waiting connection, and answers its request with what `handle` returns.
  void serve_one(const std::function<Result<Json>(std::string_view)>& handle) const;

 private:
  ControlSocket(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::filesystem::path path_;
};

}  // namespace suture
