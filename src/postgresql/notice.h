// SPDX-License-Identifier: Apache-2.0
//
// A word from one program to all others on the same database, at once (LISTEN and NOTIFY).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "postgresql/pool.h"

namespace suture::postgresql {

/// `channel` is a name of lower-case letters and underscores.
Result<void> tell(Pool& pool, std::string_view channel, std::string_view word);

/// Hears what is told on a channel, on a connection and a thread of its own, until the end of its life. The
/// connection is made anew when it is lost, as often as it takes.
class Listener {
 public:
  struct Calls {
    std::function<void(std::string_view word)> heard;
    /// The connection is back after it was lost: something may have been told meanwhile.
    std::function<void()> was_deaf;
  };
  Listener(Options options, std::string channel, Calls calls);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

 private:
  void listen();
  void hear(Connection& connection);
  bool wait(int socket, int milliseconds) const;

  Options options_;
  std::string channel_;
  Calls calls_;
  int stop_;  ///< an eventfd: readable once it is to end
  std::thread thread_;
};

}  // namespace suture::postgresql
