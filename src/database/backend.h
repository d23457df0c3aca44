// SPDX-License-Identifier: Apache-2.0
//
// What a kind of database does behind database.h. A statement may outlive nothing of its database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::sql {

enum class Dialect { kSqlite, kPostgresql };

/// Which transactions wait for each other.
enum class Turn {
  kAlone,   ///< all that take their turn alone: what one reads stays so until it ends
  kByRows,  ///< those that have written the same row; write it first, then read what belongs to it
  kRead,    ///< nobody: it reads all as it was at its first look, and writes nothing
};

/// Whose the tables are, and how far its schema has come.
struct SchemaMark {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;  ///< whoever's they are
};

struct Column {
  std::string name{};
  bool is_number = false;  ///< else a text
};

struct Table {
  std::string name{};
  std::vector<Column> columns{};
  std::vector<std::string> key{};  ///< the columns of its primary key
  std::string counted{};           ///< the column that the database numbers; empty: none
};

class StatementBackend {
 public:
  virtual ~StatementBackend() = default;
  virtual void bind(int index, std::string_view text) = 0;
  virtual void bind(int index, std::int64_t number) = 0;
  virtual void bind_null(int index) = 0;
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;
  virtual std::string text(int column) const = 0;
  virtual std::int64_t number(int column) const = 0;
  virtual bool is_null(int column) const = 0;
};

class DatabaseBackend {
 public:
  virtual ~DatabaseBackend() = default;
  virtual Dialect dialect() const = 0;
  virtual Result<std::unique_ptr<StatementBackend>> prepare(std::string_view sql) = 0;
  virtual Result<void> execute(const std::string& sql) = 0;
  virtual std::int64_t rows_changed() const = 0;
  virtual Result<void> begin(Turn turn) = 0;
  virtual Result<void> commit() = 0;
  virtual void roll_back() noexcept = 0;
  virtual Result<void> hold(std::string_view name) = 0;
  virtual Result<SchemaMark> schema_mark() = 0;
  /// Within a transaction.
  virtual Result<void> set_schema_mark(std::int64_t application, std::int64_t version) = 0;
  /// Those of the schema, in the order in which they were made: none refers to a later one.
  virtual Result<std::vector<Table>> tables() = 0;
  /// The last number that a table with a counted column has given out; 0: none.
  virtual Result<std::int64_t> last_number(const Table& table) = 0;
  /// Within a transaction: later ones are above.
  virtual Result<void> set_last_number(const Table& table, std::int64_t number) = 0;
};

}  // namespace suture::sql
