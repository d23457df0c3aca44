// SPDX-License-Identifier: Apache-2.0
#include "database/migration.h"

#include <fmt/format.h>

namespace suture::sql {
namespace {

Result<void> take_step(Database& database, const Schema& schema, std::size_t step) {
  auto transaction = TRY(Transaction::begin(database));
  // Another program may have been here first.
  if (TRY(database.backend().schema_mark()).version > static_cast<std::int64_t>(step)) return {};
  TRY(take_steps(database, schema, step + 1));
  return transaction.commit();
}

}  // namespace

Result<void> take_steps(Database& database, const Schema& schema, std::size_t version) {
  const auto done = static_cast<std::size_t>(TRY(database.backend().schema_mark()).version);
  for (std::size_t step = done; step < version; ++step) {
    TRY(database.execute(schema.steps[step]));
    TRY(database.backend().set_schema_mark(schema.application_id, static_cast<std::int64_t>(step) + 1));
  }
  return {};
}

Result<void> check_schema(Database& database, const Schema& schema) {
  const SchemaMark mark = TRY(database.backend().schema_mark());
  const std::string opening = fmt::format("open {}", schema.what);
  if (mark.application != schema.application_id &&
      (mark.application != 0 || mark.version != 0 || mark.tables != 0)) {
    return fail("store.foreign", opening, "it belongs to another program",
                fmt::format("name a new one with {}", schema.option));
  }
  if (mark.version < 0 || static_cast<std::size_t>(mark.version) > schema.steps.size()) {
    return fail("store.newer", opening,
                fmt::format("its schema has version {}, this program knows up to {}", mark.version,
                            schema.steps.size()),
                fmt::format("run the newer {} that wrote it, or name a new one with {}", schema.program,
                            schema.option));
  }
  return {};
}

Result<void> migrate(Database& database, const Schema& schema) {
  TRY(check_schema(database, schema));
  const auto version = TRY(database.backend().schema_mark()).version;
  for (auto step = static_cast<std::size_t>(version); step < schema.steps.size(); ++step) {
    TRY_IN(fmt::format("update the schema of {}", schema.what), take_step(database, schema, step));
  }
  return {};
}

}  // namespace suture::sql
