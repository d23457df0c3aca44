// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/checkpointer.h"

#include <spdlog/spdlog.h>

#include <chrono>

namespace suture::server {
namespace {

constexpr std::chrono::milliseconds kPause{250};

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(const std::filesystem::path& path,
                                                          sqlite::Database& writer) {
  // Pages of 4 KiB, so 64 MiB; by then the thread has emptied most of it. (A mapping would save a copy for
  // each page, and make of a disk's error a signal that ends the server.)
  TRY(writer.execute("PRAGMA wal_autocheckpoint = 16384"));
  return std::make_unique<Checkpointer>(TRY(sqlite::Database::open(path)));
}

Checkpointer::Checkpointer(sqlite::Database database)
    : database_(std::move(database)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Checkpointer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kPause, [] { return false; });
    if (!written_.exchange(false)) continue;
    // One that is held up goes on the next time.
    if (const auto done = database_.integer("PRAGMA wal_checkpoint(PASSIVE)"); !done) {
      spdlog::debug("{}", done.error().message());
      written_ = true;
    }
  }
}

}  // namespace suture::server
