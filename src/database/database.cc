// SPDX-License-Identifier: Apache-2.0
#include "database/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace suture::sqlite {
namespace {

std::unexpected<Error> sqlite_error(sqlite3* database, std::string what) {
  return fail("store.unavailable", std::move(what),
              database != nullptr ? sqlite3_errmsg(database) : "out of memory",
              "check the disk's free space and the permissions of the database's folder");
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

// A failed bind (too long, out of memory) is remembered and told by the step that would have used it.
Statement& Statement::bind(int index, std::string_view text) {
  const int status = sqlite3_bind_text64(statement_.get(), index, text.data() != nullptr ? text.data() : "",
                                         text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (status != SQLITE_OK) bind_status_ = status;
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  const int status = sqlite3_bind_int64(statement_.get(), index, number);
  if (status != SQLITE_OK) bind_status_ = status;
  return *this;
}

Statement& Statement::bind_null(int index) {
  const int status = sqlite3_bind_null(statement_.get(), index);
  if (status != SQLITE_OK) bind_status_ = status;
  return *this;
}

Result<bool> Statement::step() {
  if (bind_status_ != SQLITE_OK) {
    return fail("store.unavailable", "bind a value", sqlite3_errstr(bind_status_));
  }
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  auto error = sqlite_error(sqlite3_db_handle(statement_.get()), "use the database");
  reset();
  return error;
}

Result<void> Statement::run() {
  ResetOnExit reset_on_exit(*this);
  while (TRY(step())) {
  }
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_status_ = SQLITE_OK;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::filesystem::path& path, std::uint32_t page_limit) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw);
  const std::string what = "open database " + path.string();
  if (status != SQLITE_OK) return sqlite_error(raw, what);
  sqlite3_busy_timeout(raw, 1000);
  // The schema of a file from elsewhere must not run functions of ours, nor a malformed page be believed.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // With a write-ahead log, NORMAL may lose the last reports at a power cut, never the database's order.
  TRY_IN(what, database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                "PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864;"));
  if (page_limit != 0) {
    TRY_IN(what, database.execute(fmt::format("PRAGMA max_page_count = {}", page_limit)));
  }
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (status != SQLITE_OK) return sqlite_error(database_.get(), "prepare a statement");
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(database_.get(), "use the database");
  }
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = TRY(prepare(sql));
  if (!TRY(statement.step()))
    return fail("store.unavailable", "use the database", "no row where one must be");
  return statement.number(0);
}

std::int64_t Database::rows_changed() const {
  return sqlite3_changes64(database_.get());
}

void Database::roll_back() noexcept {
  // SQLite has already rolled back by itself after some errors (a full disk among them).
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) database_->roll_back();
}

Result<void> Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace suture::sqlite
