// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sqlite3.h>

#include <map>

#include "database/database.h"

namespace suture::sql {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};

std::unexpected<Error> sqlite_error(sqlite3* database, std::string what) {
  return fail("store.unavailable", std::move(what),
              database != nullptr ? sqlite3_errmsg(database) : "out of memory",
              "check the disk's free space and the permissions of the database's folder");
}

class SqliteStatement : public StatementBackend {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  // A failed bind (too long, out of memory) is remembered and told by the step that would have used it.
  void bind(int index, std::string_view text) override {
    note(sqlite3_bind_text64(statement_.get(), index, text.data() != nullptr ? text.data() : "", text.size(),
                             SQLITE_STATIC, SQLITE_UTF8));
  }
  void bind(int index, std::int64_t number) override {
    note(sqlite3_bind_int64(statement_.get(), index, number));
  }
  void bind_null(int index) override { note(sqlite3_bind_null(statement_.get(), index)); }

  Result<bool> step() override {
    if (bind_status_ != SQLITE_OK) {
      return fail("store.unavailable", "bind a value", sqlite3_errstr(bind_status_));
    }
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return sqlite_error(sqlite3_db_handle(statement_.get()), "use the database");
  }

  void reset() override {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    bind_status_ = SQLITE_OK;
  }

  std::string text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }
  std::int64_t number(int column) const override { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }

 private:
  void note(int status) {
    if (status != SQLITE_OK) bind_status_ = status;
  }
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_status_ = SQLITE_OK;
};

class SqliteDatabase : public DatabaseBackend {
 public:
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}

  Dialect dialect() const override { return Dialect::kSqlite; }

  Result<std::unique_ptr<StatementBackend>> prepare(std::string_view sql) override {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (status != SQLITE_OK) return sqlite_error(database_.get(), "prepare a statement");
    return std::make_unique<SqliteStatement>(statement);
  }

  Result<void> execute(const std::string& sql) override {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return sqlite_error(database_.get(), "use the database");
    }
    return {};
  }

  std::int64_t rows_changed() const override { return sqlite3_changes64(database_.get()); }

  Result<void> begin(Turn turn) override {
    return execute(turn == Turn::kRead ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE");
  }

  Result<void> commit() override { return execute("COMMIT"); }

  void roll_back() noexcept override {
    // SQLite has already rolled back by itself after some errors (a full disk among them).
    if (sqlite3_get_autocommit(database_.get()) == 0) {
      sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }

  // Whoever writes is alone here.
  Result<void> hold(std::string_view) override { return {}; }

  Result<SchemaMark> schema_mark() override {
    return SchemaMark{.application = TRY(integer("PRAGMA application_id")),
                      .version = TRY(integer("PRAGMA user_version")),
                      .tables = TRY(integer("SELECT count(*) FROM sqlite_schema"))};
  }

  Result<void> set_schema_mark(std::int64_t application, std::int64_t version) override {
    return execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", application, version));
  }

  Result<std::vector<Table>> tables() override {
    const auto names =
        TRY(prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND"
                    " name NOT GLOB 'sqlite_*' ORDER BY rowid"));
    const auto columns = TRY(prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid"));
    std::vector<Table> tables;
    while (TRY(names->step())) {
      Table table{.name = names->text(0)};
      const bool counts = names->text(1).find("AUTOINCREMENT") != std::string::npos;
      std::map<std::int64_t, std::string> key;
      columns->reset();
      columns->bind(1, table.name);
      while (TRY(columns->step())) {
        table.columns.push_back({columns->text(0), columns->text(1) == "INTEGER"});
        if (columns->number(2) != 0) key[columns->number(2)] = columns->text(0);
      }
      for (const auto& [place, name] : key) table.key.push_back(name);
      if (counts) table.counted = table.key.at(0);
      tables.push_back(std::move(table));
    }
    return tables;
  }

  Result<std::int64_t> last_number(const Table& table) override {
    const auto statement =
        TRY(prepare("SELECT coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = ?1), 0)"));
    statement->bind(1, table.name);
    TRY(statement->step());
    return statement->number(0);
  }

  Result<void> set_last_number(const Table& table, std::int64_t number) override {
    for (const char* sql : {"UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1",
                            "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 WHERE NOT EXISTS"
                            " (SELECT 1 FROM sqlite_sequence WHERE name = ?1)"}) {
      const auto statement = TRY(prepare(sql));
      statement->bind(1, table.name);
      statement->bind(2, number);
      TRY(statement->step());
    }
    return {};
  }

 private:
  Result<std::int64_t> integer(std::string_view sql) {
    const auto statement = TRY(prepare(sql));
    TRY(statement->step());
    return statement->number(0);
  }
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace

Result<Database> Database::open(const std::filesystem::path& path, std::uint32_t page_limit) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(std::make_unique<SqliteDatabase>(raw));
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

}  // namespace suture::sql
