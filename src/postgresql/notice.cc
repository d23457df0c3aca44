// SPDX-License-Identifier: Apache-2.0
#include "postgresql/notice.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace suture::postgresql {
namespace {

constexpr int kPauseMilliseconds = 1000;
/// A connection that is dead without a word is found out by a question.
constexpr int kQuestionMilliseconds = 30'000;

struct FreeNotice {
  void operator()(PGnotify* notice) const { PQfreemem(notice); }
};

}  // namespace

Result<void> tell(Pool& pool, std::string_view channel, std::string_view word) {
  const auto lease = TRY(pool.take());
  TRY(lease->execute("SELECT pg_notify($1, $2)",
                     {{Value::Kind::kText, std::string(channel)}, {Value::Kind::kText, std::string(word)}}));
  return {};
}

Listener::Listener(Options options, std::string channel, Calls calls)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      calls_(std::move(calls)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { listen(); }) {}

Listener::~Listener() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(stop_);
}

/// False once it is to end. `socket` -1: nothing but a pause.
bool Listener::wait(int socket, int milliseconds) const {
  std::array<pollfd, 2> files{pollfd{.fd = stop_, .events = POLLIN, .revents = 0},
                              pollfd{.fd = socket, .events = POLLIN, .revents = 0}};
  ::poll(files.data(), files.size(), milliseconds);
  return files[0].revents == 0;
}

void Listener::hear(Connection& connection) {
  PGconn* raw = connection.raw();
  while (wait(PQsocket(raw), kQuestionMilliseconds)) {
    if (!connection.is_alive() || !connection.execute("SELECT 1")) return;
    while (const std::unique_ptr<PGnotify, FreeNotice> notice{PQnotifies(raw)}) calls_.heard(notice->extra);
  }
}

void Listener::listen() {
  bool tried = false;
  while (wait(-1, tried ? kPauseMilliseconds : 0)) {
    const auto connection = Connection::open(options_);
    const bool on = connection && (*connection)->execute("LISTEN " + channel_);
    if (on && tried) calls_.was_deaf();
    // Also where the first try fails: something may have been told since the server runs.
    tried = true;
    if (on) hear(**connection);
  }
}

}  // namespace suture::postgresql
