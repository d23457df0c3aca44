// SPDX-License-Identifier: Apache-2.0
//
// A database behind values and scopes: a connection closes itself, a statement finalizes itself, a
// transaction that is not committed rolls back. SQLite is here; PostgreSQL stands behind the same face
// (postgresql/), and only programs that name it are linked with it. Errors carry the database's own words
// under "store.unavailable", whatever the cause (full disk, read-only file, lock held by another program,
// lost connection): a caller can only try again later.
//
// Statements are SQL as both databases have it, with parameters ?1 to ?99 (postgresql/dialect.h says what is
// translated).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "database/backend.h"

namespace suture::sql {

/// One prepared statement. Bound texts must outlive the next reset().
class Statement {
 public:
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind_null(int index);

  /// True: a row is there to be read.
  Result<bool> step();
  /// Runs to the end and makes the statement ready for its next use.
  Result<void> run();
  /// To be called after a step() that may have left rows unread: an open read pins SQLite's write-ahead log.
  void reset();

  std::string text(int column) const;
  std::int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  explicit Statement(std::unique_ptr<StatementBackend> backend) : backend_(std::move(backend)) {}
  std::unique_ptr<StatementBackend> backend_;
};

class Database {
 public:
  /// SQLite: opens or creates the file. `page_limit` bounds its size in pages of 4 KiB; 0: as SQLite has it.
  static Result<Database> open(const std::filesystem::path& path, std::uint32_t page_limit = 0);
  explicit Database(std::unique_ptr<DatabaseBackend> backend) : backend_(std::move(backend)) {}

  Dialect dialect() const { return backend_->dialect(); }
  Result<Statement> prepare(std::string_view sql);
  /// For statements without parameters and results; several at once are fine.
  Result<void> execute(const std::string& sql);
  Result<std::int64_t> integer(std::string_view sql);
  /// By the last statement that ran to its end.
  std::int64_t rows_changed() const { return backend_->rows_changed(); }
  void roll_back() noexcept { backend_->roll_back(); }
  /// Within a transaction: others that hold the same name wait until it ends. For what must be committed in
  /// the order in which it was numbered.
  Result<void> hold(std::string_view name) { return backend_->hold(name); }
  DatabaseBackend& backend() { return *backend_; }

 private:
  std::unique_ptr<DatabaseBackend> backend_;
};

/// Takes its turn at once, so that it never fails half way for want of it. On SQLite every transaction that
/// writes is alone; on PostgreSQL, where several servers may work, Turn tells.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database, Turn turn = Turn::kAlone);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// What a class locks around each use of its Database and its statements, so that threads take turns where
/// the database needs that.
class Turns {
 public:
  explicit Turns(Dialect dialect) : needed_(dialect == Dialect::kSqlite) {}
  void lock() {
    if (needed_) mutex_.lock();
  }
  void unlock() {
    if (needed_) mutex_.unlock();
  }

 private:
  std::mutex mutex_;
  bool needed_;
};

/// Resets a statement at the end of a scope.
class ResetOnExit {
 public:
  explicit ResetOnExit(Statement& statement) : statement_(statement) {}
  ResetOnExit(const ResetOnExit&) = delete;
  ResetOnExit& operator=(const ResetOnExit&) = delete;
  ~ResetOnExit() { statement_.reset(); }

 private:
  Statement& statement_;
};

}  // namespace suture::sql

/// What is written for SQLite alone says so.
namespace suture::sqlite {
using namespace sql;  // NOLINT(google-build-using-namespace)
}
