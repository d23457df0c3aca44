// SPDX-License-Identifier: Apache-2.0
//
// The daemon's end of the control socket. Everybody may connect (mode 0666, in a folder of root's); who asks
// is judged by each request, with the user that the kernel vouches for (SO_PEERCRED): root, and the user that
// the daemon runs as, may ask for anything, others for what only_reads() names.
//
// No client can hold the daemon. Nothing here waits: a connection is read as far as its bytes are there, and
// goes on when more come; one that has not asked in time is closed. Users other than root share a number of
// connections, of which each user has only some, so that root always gets in; and one call of serve_one()
// looks at a bounded number of them, so that the daemon always gets back to its own work.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

/// Requests that change nothing, and tell what every user of the machine may know. All that is not named
/// here is root's.
bool only_reads(std::string_view request);

/// Of a UNIX socket. "control.path" when it is too long.
Result<int> connect_to_control(const std::filesystem::path& path);

/// The socket goes away with it.
class ControlSocket {
 public:
  using Handler = std::function<Result<Json>(std::string_view)>;

  struct Limits {
    std::chrono::milliseconds patience{
        2000};                    ///< from connecting to the end of the request, and for the answer
    std::size_t others = 16;      ///< connections of users that are not root
    std::size_t each = 4;         ///< of one such user
    std::size_t privileged = 32;  ///< of root
  };

  static Result<ControlSocket> listen(const std::filesystem::path& path) { return listen(path, Limits()); }
  static Result<ControlSocket> listen(const std::filesystem::path& path, Limits limits);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();

  /// Readable when serve_one() has something to do, be it only that a client's time is over.
  int fd() const { return events_; }
  /// Takes what has come, answers the requests that are whole with what `handle` returns, and does not wait.
  /// "control.denied" for a request that the client may not make.
  void serve_one(const Handler& handle);

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    uid_t uid;
    Clock::time_point end;
    std::string asked{};
    std::string answer{};  ///< what is not sent yet
    bool answered = false;
  };

  ControlSocket(int events, int listener, int timer, std::filesystem::path path, Limits limits)
      : events_(events), listener_(listener), timer_(timer), path_(std::move(path)), limits_(limits) {}
  void take_new();
  bool has_room(uid_t uid) const;
  void go_on(int fd, const Handler& handle);
  bool read_some(int fd, Client& client) const;
  Result<Json> judge(const Client& client, const Handler& handle) const;
  void send_some(int fd, Client& client);
  void close_client(int fd);
  void close_late();
  void set_timer() const;

  int events_;
  int listener_;
  int timer_;
  std::filesystem::path path_;
  Limits limits_;
  std::map<int, Client> clients_{};
};

}  // namespace suture
