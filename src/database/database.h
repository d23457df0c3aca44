// SPDX-License-Identifier: Apache-2.0
//
// SQLite behind values and scopes: a connection closes itself, a statement finalizes itself, a transaction
// that is not committed rolls back. Errors carry SQLite's own words under "store.unavailable", whatever the
// cause (full disk, read-only file, lock held by another program): a caller can only try again later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace suture::sqlite {

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
  /// To be called after a step() that may have left rows unread: an open read pins the write-ahead log.
  void reset();

  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_status_ = 0;
};

class Database {
 public:
  /// Opens or creates the file. `page_limit` bounds its size in pages of 4 KiB; 0: as SQLite has it.
  static Result<Database> open(const std::filesystem::path& path, std::uint32_t page_limit = 0);

  Result<Statement> prepare(std::string_view sql);
  /// For statements without parameters and results; several at once are fine.
  Result<void> execute(const std::string& sql);
  Result<std::int64_t> integer(std::string_view sql);
  std::int64_t rows_changed() const;
  void roll_back() noexcept;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

/// Takes the write lock at once, so that a transaction never fails half way for want of it.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
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

}  // namespace suture::sqlite
