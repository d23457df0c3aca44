// SPDX-License-Identifier: Apache-2.0
//
// The way by which a server asks for a check at once: a small process without privileges holds one request
// open (docs/server-api.md, `/api/v1/wake`), and says so with a byte when it is answered with a reason.
// Neither the server nor that process can do more than make this host look, and how often is the schedule's
// to say (agent/schedule.h).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "agent/schedule.h"
#include "agent/unprivileged.h"
#include "base/error.h"
#include "fetch/http_fetcher.h"

namespace suture {

/// What the server answered.
struct WakeAnswer {
  std::string after{};  ///< what the next request is to say; hexadecimal digits, not empty
  bool check = false;   ///< it asks for one
};

/// "agent.wake" for anything that is no such answer.
Result<WakeAnswer> parse_wake_answer(std::string_view text);

/// How long to pause before the next request. An outage, and a server that answers at once all the time, are
/// asked less and less.
class WakePace {
 public:
  /// After a request that was `answered` or not, and took so long.
  Schedule::Span after(bool answered, Schedule::Span took, std::uint64_t random);

 private:
  int in_a_row_ = 0;  ///< requests that were no waiting
};

class WakeChild {
 public:
  enum class Said {
    kNothing,
    kCheck,
    kGone,  ///< the process has ended; what it may have missed nobody knows
  };

  /// `server`: "https://suture.example.org". The calling process must have a single thread.
  static Result<WakeChild> start(const Unprivileged& user, std::string server, HttpOptions options);
  WakeChild(WakeChild&& other) noexcept
      : child_(std::exchange(other.child_, -1)), fd_(std::exchange(other.fd_, -1)) {}
  WakeChild& operator=(WakeChild&& other) noexcept {
    std::swap(child_, other.child_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~WakeChild();

  /// Readable when listen() has something to tell.
  int fd() const { return fd_; }
  Said listen() const;
  pid_t pid() const { return child_; }

 private:
  WakeChild(pid_t child, int fd) : child_(child), fd_(fd) {}

  pid_t child_;
  int fd_;
};

}  // namespace suture
