// SPDX-License-Identifier: Apache-2.0
#include "database/migration.h"

#include <fmt/format.h>

namespace suture::sqlite {
namespace {

Result<void> take_step(Database& database, const Schema& schema, std::size_t step) {
  auto transaction = TRY(Transaction::begin(database));
  // Another program may have been here first.
  if (TRY(database.integer("PRAGMA user_version")) > static_cast<std::int64_t>(step)) return {};
  TRY(database.execute(schema.steps[step]));
  TRY(database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", schema.application_id, step + 1)));
  return transaction.commit();
}

}  // namespace

Result<void> migrate(Database& database, const Schema& schema) {
  const auto version = TRY(database.integer("PRAGMA user_version"));
  const auto application = TRY(database.integer("PRAGMA application_id"));
  const auto tables = TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  const std::string opening = fmt::format("open {}", schema.what);
  if (application != schema.application_id && (application != 0 || version != 0 || tables != 0)) {
    return fail("store.foreign", opening, "the file belongs to another program",
                fmt::format("name a new file with {}", schema.option));
  }
  if (version < 0 || static_cast<std::size_t>(version) > schema.steps.size()) {
    return fail(
        "store.newer", opening,
        fmt::format("its schema has version {}, this program knows up to {}", version, schema.steps.size()),
        fmt::format("run the newer {} that wrote it, or name a new file with {}", schema.program,
                    schema.option));
  }
  for (auto step = static_cast<std::size_t>(version); step < schema.steps.size(); ++step) {
    TRY_IN(fmt::format("update the schema of {}", schema.what), take_step(database, schema, step));
  }
  return {};
}

}  // namespace suture::sqlite
