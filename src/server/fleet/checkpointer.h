// SPDX-License-Identifier: Apache-2.0
//
// SQLite writes to its log, and from there to the database when the log is long: by itself, in the middle of
// somebody's commit, who waits for the disk meanwhile. Here a thread with a connection of its own does it,
// and who commits waits only where the log grows faster than it is emptied. Nothing depends on it but time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "database/database.h"

namespace suture::server {

class Checkpointer {
 public:
  /// On a database that is SQLite's and in a file; readies `writer` for it, whose commits noted() tells of.
  static Result<std::unique_ptr<Checkpointer>> start(const std::filesystem::path& path,
                                                     sqlite::Database& writer);
  explicit Checkpointer(sqlite::Database database);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Something was committed.
  void noted() { written_ = true; }

 private:
  void run(const std::stop_token& stop);

  sqlite::Database database_;
  std::atomic<bool> written_{false};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace suture::server
