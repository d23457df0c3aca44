// SPDX-License-Identifier: Apache-2.0
#include "database/database.h"

namespace suture::sql {

Statement& Statement::bind(int index, std::string_view text) {
  backend_->bind(index, text);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  backend_->bind(index, number);
  return *this;
}

Statement& Statement::bind_null(int index) {
  backend_->bind_null(index);
  return *this;
}

Result<bool> Statement::step() {
  auto row = backend_->step();
  if (!row) reset();
  return row;
}

Result<void> Statement::run() {
  ResetOnExit reset_on_exit(*this);
  while (TRY(step())) {
  }
  return {};
}

void Statement::reset() {
  backend_->reset();
}

std::string Statement::text(int column) const {
  return backend_->text(column);
}

std::int64_t Statement::number(int column) const {
  return backend_->number(column);
}

bool Statement::is_null(int column) const {
  return backend_->is_null(column);
}

Result<Statement> Database::prepare(std::string_view sql) {
  return Statement(TRY(backend_->prepare(sql)));
}

Result<void> Database::execute(const std::string& sql) {
  return backend_->execute(sql);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = TRY(prepare(sql));
  if (!TRY(statement.step()))
    return fail("store.unavailable", "use the database", "no row where one must be");
  return statement.number(0);
}

Result<Transaction> Transaction::begin(Database& database, Turn turn) {
  TRY(database.backend().begin(turn));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) database_->roll_back();
}

Result<void> Transaction::commit() {
  TRY(database_->backend().commit());
  database_ = nullptr;
  return {};
}

}  // namespace suture::sql
