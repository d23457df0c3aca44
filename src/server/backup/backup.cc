// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "server/backup/backup_file.h"
#include "server/schema.h"

namespace suture::server {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kRowsAtOnce = 200;

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> names_of(const std::vector<sql::Column>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

/// "?1, ?2, …".
std::string parameters(std::size_t count) {
  std::vector<std::string> each;
  for (std::size_t i = 1; i <= count; ++i) each.push_back(fmt::format("?{}", i));
  return listed(each);
}

/// Beyond 63 bits, JSON's numbers are not the database's.
bool is_number(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
}

void bind_value(sql::Statement& statement, int index, const Json& value) {
  if (value.is_null()) {
    statement.bind_null(index);
  } else if (value.is_string()) {
    statement.bind(index, value.get_ref<const std::string&>());
  } else {
    statement.bind(index, value.get<std::int64_t>());
  }
}

Json row_of(const sql::Statement& statement, const std::vector<sql::Column>& columns) {
  Json row = Json::array();
  for (int at = 0; at < static_cast<int>(columns.size()); ++at) {
    if (statement.is_null(at)) {
      row.push_back(nullptr);
    } else if (columns[static_cast<std::size_t>(at)].is_number) {
      row.push_back(statement.number(at));
    } else {
      row.push_back(statement.text(at));
    }
  }
  return row;
}

/// PostgreSQL does not count what comes with a number.
Result<std::int64_t> last_number(sql::Database& database, const sql::Table& table) {
  const auto counted = TRY(database.backend().last_number(table));
  const auto highest =
      TRY(database.integer(fmt::format("SELECT coalesce(max({}), 0) FROM {}", table.counted, table.name)));
  return std::max(counted, highest);
}

/// Some rows at a time: PostgreSQL hands over all rows of an answer at once.
Result<std::int64_t> write_table(sql::Database& database, const sql::Table& table, BackupWriter& out) {
  if (table.key.empty())
    return fail("backup.text", "write the backup", "the table " + table.name + " has no key");
  const auto last = table.counted.empty() ? 0 : TRY(last_number(database, table));
  TRY(out.put({{"table", table.name}, {"columns", names_of(table.columns)}, {"last", last}}));
  // The key stands at the end of each row once more, to go on behind it.
  const std::string select =
      fmt::format("SELECT {}, {} FROM {}", listed(names_of(table.columns)), listed(table.key), table.name);
  const std::string rest = fmt::format(" ORDER BY {} LIMIT {}", listed(table.key), kRowsAtOnce);
  auto first = TRY(database.prepare(select + rest));
  auto next = TRY(database.prepare(
      fmt::format("{} WHERE ({}) > ({}){}", select, listed(table.key), parameters(table.key.size()), rest)));
  std::vector<sql::Column> key;
  for (const auto& name : table.key)
    key.push_back(*std::ranges::find(table.columns, name, &sql::Column::name));
  std::vector<sql::Column> selected = table.columns;
  selected.insert(selected.end(), key.begin(), key.end());

  std::int64_t rows = 0;
  Json behind;
  for (bool more = true; more;) {
    sql::Statement& statement = behind.is_null() ? first : next;
    sql::ResetOnExit reset_on_exit(statement);
    for (std::size_t i = 0; i < behind.size(); ++i) bind_value(statement, static_cast<int>(i) + 1, behind[i]);
    std::int64_t here = 0;
    Json last_row;
    while (TRY(statement.step())) {
      last_row = row_of(statement, selected);
      TRY(out.put(Json(Json::array_t(last_row.begin(),
                                     last_row.begin() + static_cast<std::ptrdiff_t>(table.columns.size())))));
      ++here;
    }
    rows += here;
    more = here == kRowsAtOnce;
    if (more) {
      behind = Json(Json::array_t(last_row.begin() + static_cast<std::ptrdiff_t>(table.columns.size()),
                                  last_row.end()));
    }
  }
  return rows;
}

/// One table's rows on their way in.
class Filling {
 public:
  static Result<Filling> begin(sql::Database& database, const std::vector<sql::Table>& tables,
                               const Json& line) {
    const auto name = line.find("table");
    const auto columns = line.find("columns");
    const auto last = line.find("last");
    if (line.size() != 3 || name == line.end() || !name->is_string() || columns == line.end() ||
        last == line.end() || !is_number(*last)) {
      return malformed_backup("a table does not begin as one");
    }
    const auto table = std::ranges::find(tables, name->get<std::string>(), &sql::Table::name);
    if (table == tables.end() || *columns != Json(names_of(table->columns))) {
      return malformed_backup("its schema has no such table");
    }
    auto insert = TRY(
        database.prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table->name,
                                     listed(names_of(table->columns)), parameters(table->columns.size()))));
    return Filling(*table, last->get<std::int64_t>(), std::move(insert));
  }

  Result<void> add(const Json& row) {
    if (row.size() != table_.columns.size()) return malformed_backup("a row has too few or too many values");
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Json& value = row[i];
      const bool fits =
          value.is_null() || (table_.columns[i].is_number ? is_number(value) : value.is_string());
      if (!fits) return malformed_backup("a row of " + table_.name + " has a value of another kind");
      bind_value(insert_, static_cast<int>(i) + 1, value);
    }
    return insert_.run();
  }

  Result<void> end(sql::Database& database) {
    if (table_.counted.empty()) return {};
    return database.backend().set_last_number(table_, std::max(last_, TRY(last_number(database, table_))));
  }

  const std::string& name() const { return table_.name; }

 private:
  Filling(sql::Table table, std::int64_t last, sql::Statement insert)
      : table_(std::move(table)), last_(last), insert_(std::move(insert)) {}
  sql::Table table_;
  std::int64_t last_;
  sql::Statement insert_;
};

Result<std::int64_t> schema_in(const std::optional<Json>& head) {
  if (!head || !head->is_object() || !head->contains("suture_backup")) {
    return malformed_backup("it is no backup of a fleet");
  }
  const auto format = head->at("suture_backup");
  const auto schema = head->find("schema");
  const auto known = static_cast<std::int64_t>(fleet_schema().steps.size());
  if (!format.is_number_integer() || schema == head->end() || !schema->is_number_integer() || *schema < 1) {
    return malformed_backup("its first line does not say what it is");
  }
  if (format != kFormat || *schema > known) {
    return fail("store.newer", "read the backup", "a later suture-server wrote it",
                "restore it with that one");
  }
  return schema->get<std::int64_t>();
}

/// Every row that follows the head. What a table holds comes in one piece, once.
Result<BackupSummary> fill(sql::Database& database, BackupReader& in) {
  const std::vector<sql::Table> tables = TRY(database.backend().tables());
  for (const auto& table : tables) {
    // What steps of the schema have put in themselves.
    if (TRY(database.integer("SELECT count(*) FROM " + table.name)) != 0) {
      TRY(database.execute("DELETE FROM " + table.name));
    }
  }
  BackupSummary summary;
  std::optional<Filling> filling;
  std::vector<std::string> done;
  while (auto line = TRY(in.next())) {
    if (line->is_array() && filling) {
      TRY(filling->add(*line));
      ++summary.rows;
      continue;
    }
    if (!line->is_object()) return malformed_backup("a row comes before its table");
    if (filling) TRY(filling->end(database));
    filling.emplace(TRY(Filling::begin(database, tables, *line)));
    if (std::ranges::find(done, filling->name()) != done.end())
      return malformed_backup("a table comes twice");
    done.push_back(filling->name());
  }
  if (filling) TRY(filling->end(database));
  if (done.size() != tables.size()) return malformed_backup("it lacks a table");
  summary.tables = static_cast<std::int64_t>(done.size());
  return summary;
}

}  // namespace

Result<BackupSummary> write_backup(const FleetDatabase& where, const std::filesystem::path& file,
                                   std::chrono::system_clock::time_point now) {
  auto database = TRY(where.open());
  auto transaction = TRY(sql::Transaction::begin(database, sql::Turn::kRead));
  BackupSummary summary{.schema = TRY(database.backend().schema_mark()).version};
  auto out = TRY(BackupWriter::open(file));
  TRY(out.put({{"suture_backup", kFormat},
               {"schema", summary.schema},
               {"made_at", time_text(std::chrono::floor<std::chrono::seconds>(now))},
               {"program", "suture-server " SUTURE_VERSION}}));
  for (const auto& table : TRY(database.backend().tables())) {
    summary.rows += TRY(write_table(database, table, out));
    ++summary.tables;
  }
  // A backup of a log that was tampered with must not be taken for a good one.
  summary.audit = TRY(verify_audit(database));
  TRY(out.finish());
  return summary;
}

Result<BackupSummary> restore_backup(sql::Database& database, std::istream& bytes) {
  BackupReader in(bytes);
  const auto schema = TRY(schema_in(TRY(in.next())));
  auto transaction = TRY(sql::Transaction::begin(database));
  if (TRY(database.backend().schema_mark()).tables != 0) {
    return fail("backup.not-empty", "restore the backup", "the database has something in it already",
                "name a new one with --database");
  }
  TRY(take_steps(database, fleet_schema(), static_cast<std::size_t>(schema)));
  BackupSummary summary = TRY(fill(database, in));
  summary.schema = schema;
  TRY(take_steps(database, fleet_schema(), fleet_schema().steps.size()));
  summary.audit = TRY(verify_audit(database));
  TRY(transaction.commit());
  return summary;
}

Result<BackupSummary> restore_backup(const FleetDatabase& where, const std::filesystem::path& file) {
  std::ifstream bytes(file, std::ios::binary);
  if (!bytes) return fail_errno("backup.file", "read " + file.string());
  auto database = TRY(where.open_as_it_is());
  return restore_backup(database, bytes);
}

}  // namespace suture::server
