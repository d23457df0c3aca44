// SPDX-License-Identifier: Apache-2.0
#include "postgresql/postgresql.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "postgresql/dialect.h"

namespace suture::postgresql {
namespace {

constexpr Oid kBool = 16;

// Advisory locks have two numbers: ours is "SUTU", so that other programs on the server are not in the way.
constexpr int kLockSpace = 0x53555455;
constexpr int kAlone = 0;

/// One of its kind for each thread that comes. Threads are few, and stay.
template <class T>
class PerThread {
 public:
  T& mine() {
    const std::lock_guard lock(mutex_);
    return all_[std::this_thread::get_id()];
  }

 private:
  std::mutex mutex_;
  std::map<std::thread::id, T> all_;
};

class View : public sql::DatabaseBackend {
 public:
  explicit View(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}

  sql::Dialect dialect() const override { return sql::Dialect::kPostgresql; }
  Result<std::unique_ptr<sql::StatementBackend>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  std::int64_t rows_changed() const override { return own_.mine().changed; }
  Result<void> begin(sql::Turn turn) override;
  Result<void> commit() override;
  void roll_back() noexcept override;
  Result<void> hold(std::string_view name) override;
  Result<sql::SchemaMark> schema_mark() override;
  Result<void> set_schema_mark(std::int64_t application, std::int64_t version) override;

  Result<std::vector<sql::Table>> tables() override;
  Result<std::int64_t> last_number(const sql::Table& table) override;
  Result<void> set_last_number(const sql::Table& table, std::int64_t number) override;

  Result<ResultRows> run(const std::string& sql, const std::vector<Value>& values);

 private:
  Result<std::int64_t> integer(const std::string& sql);
  struct Own {
    std::optional<Pool::Lease> transaction{};
    std::int64_t changed = 0;
  };
  std::shared_ptr<Pool> pool_;
  mutable PerThread<Own> own_{};
};

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  // Of "12.5" the part before the point, as SQLite has it.
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// What one thread has bound, and what it reads.
struct Use {
  std::vector<Value> values{};
  bool wrong_index = false;
  ResultRows rows{};
  int row = -1;

  bool is_null(int column) const {
    return !rows || row < 0 || row >= PQntuples(rows.get()) || column >= PQnfields(rows.get()) ||
           PQgetisnull(rows.get(), row, column) == 1;
  }
  std::string text(int column) const {
    if (is_null(column)) return {};
    const std::string_view raw(PQgetvalue(rows.get(), row, column),
                               static_cast<std::size_t>(PQgetlength(rows.get(), row, column)));
    if (PQftype(rows.get(), column) == kBool) return raw == "t" ? "1" : "0";
    return std::string(raw);
  }
};

class PostgresqlStatement : public sql::StatementBackend {
 public:
  PostgresqlStatement(View& view, std::string sql) : view_(view), sql_(std::move(sql)) {
    // A text in quotation marks may have what looks like one: a parameter more than there are is refused
    // there.
    for (std::size_t at = sql_.find('$'); at != sql_.npos; at = sql_.find('$', at + 1)) {
      parameters_ = std::max(parameters_, static_cast<std::size_t>(number_in(sql_.substr(at + 1, 2))));
    }
  }

  void bind(int index, std::string_view text) override {
    put(index, {Value::Kind::kText, std::string(text)});
  }
  void bind(int index, std::int64_t number) override {
    put(index, {Value::Kind::kNumber, std::to_string(number)});
  }
  void bind_null(int index) override { put(index, {}); }

  Result<bool> step() override {
    Use& use = uses_.mine();
    if (use.wrong_index) return fail("store.unavailable", "bind a value", "there is no such parameter");
    if (!use.rows) {
      use.values.resize(parameters_);
      use.rows = TRY(view_.run(sql_, use.values));
      use.row = -1;
    }
    if (use.row + 1 >= PQntuples(use.rows.get())) return false;
    ++use.row;
    return true;
  }

  void reset() override { uses_.mine() = {}; }

  std::string text(int column) const override { return uses_.mine().text(column); }
  std::int64_t number(int column) const override { return number_in(uses_.mine().text(column)); }
  bool is_null(int column) const override { return uses_.mine().is_null(column); }

 private:
  void put(int index, Value value) {
    Use& use = uses_.mine();
    if (index < 1 || static_cast<std::size_t>(index) > parameters_) {
      use.wrong_index = true;
      return;
    }
    use.values.resize(parameters_);
    use.values[static_cast<std::size_t>(index) - 1] = std::move(value);
  }

  View& view_;
  std::string sql_;
  std::size_t parameters_ = 0;
  mutable PerThread<Use> uses_{};
};

Result<std::unique_ptr<sql::StatementBackend>> View::prepare(std::string_view sql) {
  return std::make_unique<PostgresqlStatement>(*this, TRY(to_postgresql(sql)));
}

Result<ResultRows> View::run(const std::string& sql, const std::vector<Value>& values) {
  auto rows = TRY([&]() -> Result<ResultRows> {
    if (auto& transaction = own_.mine().transaction) return (*transaction)->execute(sql, values);
    const auto lease = TRY(pool_->take());
    return lease->execute(sql, values);
  }());
  own_.mine().changed = number_in(PQcmdTuples(rows.get()));
  return rows;
}

Result<void> View::execute(const std::string& sql) {
  const std::string script = TRY(script_to_postgresql(sql));
  if (auto& transaction = own_.mine().transaction) {
    TRY((*transaction)->execute(script));
  } else {
    const auto lease = TRY(pool_->take());
    TRY(lease->execute(script));
  }
  return {};
}

Result<void> View::begin(sql::Turn turn) {
  auto& transaction = own_.mine().transaction;
  if (transaction) return fail("store.unavailable", "use the database", "a transaction is under way already");
  auto lease = TRY(pool_->take());
  std::string sql;
  switch (turn) {
    case sql::Turn::kRead:
      sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
      break;
    case sql::Turn::kByRows:
      sql = "BEGIN ISOLATION LEVEL READ COMMITTED";
      break;
    case sql::Turn::kAlone:
      // Each statement sees what was committed when it began, so all that the one before has done.
      sql = fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({}, {})",
                        kLockSpace, kAlone);
      break;
  }
  TRY(lease->execute(sql));
  transaction.emplace(std::move(lease));
  return {};
}

Result<void> View::commit() {
  auto& transaction = own_.mine().transaction;
  if (!transaction) return fail("store.unavailable", "use the database", "there is no transaction");
  const auto result = (*transaction)->execute("COMMIT");
  // After a statement that failed, the server takes COMMIT for ROLLBACK without an error.
  const bool kept = result && std::string_view(PQcmdStatus(result->get())) == "COMMIT";
  if (kept) {
    transaction.reset();
    return {};
  }
  if (!result) return std::unexpected(result.error());
  return fail("store.unavailable", "use the database", "the transaction was rolled back");
}

void View::roll_back() noexcept {
  auto& transaction = own_.mine().transaction;
  if (!transaction) return;
  // A connection that is not idle afterwards is closed, and the server rolls back by itself.
  [[maybe_unused]] const auto done = (*transaction)->execute("ROLLBACK");
  transaction.reset();
}

Result<void> View::hold(std::string_view name) {
  TRY(run(fmt::format("SELECT pg_advisory_xact_lock({}, hashtext($1))", kLockSpace),
          {{Value::Kind::kText, std::string(name)}}));
  return {};
}

Result<std::int64_t> View::integer(const std::string& sql) {
  const auto rows = TRY(run(sql, {}));
  return PQntuples(rows.get()) == 0 ? 0 : number_in(PQgetvalue(rows.get(), 0, 0));
}

Result<sql::SchemaMark> View::schema_mark() {
  sql::SchemaMark mark;
  mark.tables = TRY(integer("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"));
  if (TRY(integer("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
                  " AND tablename = 'suture_schema'")) == 0) {
    return mark;
  }
  mark.application = TRY(integer("SELECT application FROM suture_schema"));
  mark.version = TRY(integer("SELECT version FROM suture_schema"));
  return mark;
}

Result<void> View::set_schema_mark(std::int64_t application, std::int64_t version) {
  TRY(
      run("CREATE TABLE IF NOT EXISTS suture_schema (one BIGINT PRIMARY KEY CHECK (one = 1),"
          " application BIGINT NOT NULL, version BIGINT NOT NULL)",
          {}));
  TRY(
      run("INSERT INTO suture_schema (one, application, version) VALUES (1, $1, $2)"
          " ON CONFLICT (one) DO UPDATE SET application = excluded.application, version = excluded.version",
          {{Value::Kind::kNumber, std::to_string(application)},
           {Value::Kind::kNumber, std::to_string(version)}}));
  return {};
}

// Tables get their numbers as they are made. Ours but for suture_schema, which is no part of a schema.
constexpr const char* kTables = R"sql(
  SELECT t.relname, a.attname, a.atttypid = 'int8'::regtype,
         coalesce(array_position(i.indkey::int2[], a.attnum), -1), a.attidentity <> ''
  FROM pg_class t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
  WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace AND t.relname <> 'suture_schema'
  ORDER BY t.oid, a.attnum
)sql";

Result<std::vector<sql::Table>> View::tables() {
  const auto rows = TRY(run(kTables, {}));
  std::vector<sql::Table> tables;
  std::map<int, std::string> key;
  const auto field = [&](int row, int column) { return std::string(PQgetvalue(rows.get(), row, column)); };
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    if (tables.empty() || tables.back().name != field(row, 0)) {
      tables.push_back({.name = field(row, 0)});
      key.clear();
    }
    sql::Table& table = tables.back();
    table.columns.push_back({field(row, 1), field(row, 2) == "t"});
    const int place = static_cast<int>(number_in(field(row, 3)));
    if (place >= 0) key[place] = field(row, 1);
    if (field(row, 4) == "t") table.counted = field(row, 1);
    table.key.clear();
    for (const auto& [at, name] : key) table.key.push_back(name);
  }
  return tables;
}

Result<std::int64_t> View::last_number(const sql::Table& table) {
  const auto rows =
      TRY(run("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(quote_ident($1), $2)), 0)",
              {{Value::Kind::kText, table.name}, {Value::Kind::kText, table.counted}}));
  return number_in(PQgetvalue(rows.get(), 0, 0));
}

Result<void> View::set_last_number(const sql::Table& table, std::int64_t number) {
  if (number < 1) return {};
  TRY(run("SELECT setval(pg_get_serial_sequence(quote_ident($1), $2), $3)",
          {{Value::Kind::kText, table.name},
           {Value::Kind::kText, table.counted},
           {Value::Kind::kNumber, std::to_string(number)}}));
  return {};
}

}  // namespace

sql::Database open(std::shared_ptr<Pool> pool) {
  return sql::Database(std::make_unique<View>(std::move(pool)));
}

}  // namespace suture::postgresql
