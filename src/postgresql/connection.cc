// SPDX-License-Identifier: Apache-2.0
#include "postgresql/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

namespace suture::postgresql {
namespace {

// Of the server's catalogue (pg_type.dat).
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kUnknown = 0;

/// The program's statements are fewer; those that are composed of conditions must not grow without end.
constexpr std::size_t kMostPrepared = 512;

/// A server that does not answer must not hold a request for ever, nor a lock those of others.
constexpr const char* kSession =
    "SET client_min_messages = warning; SET statement_timeout = '60s'; SET lock_timeout = '10s';"
    "SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC';"
    "SET standard_conforming_strings = on; SET synchronous_commit = on";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Parsed = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string trimmed(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

std::unexpected<Error> away(std::string why) {
  return fail("store.unavailable", "use the database", std::move(why),
              "check that the PostgreSQL server runs and lets this user in");
}

Oid type_of(const Value& value, Oid of_null) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return of_null;
    case Value::Kind::kText:
      return kText;
    case Value::Kind::kNumber:
      return kInt8;
  }
  return kUnknown;
}

std::string state_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state != nullptr ? state : "";
}

/// Zero bytes, and what is no UTF-8: SQLite takes them, PostgreSQL does not.
bool is_about_text(std::string_view state) {
  return state == "22021" || state == "22P05";
}

const char* value_of(const Parsed& parsed, std::string_view keyword) {
  for (const auto* option = parsed.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val;
  }
  return nullptr;
}

Parsed parse(const std::string& address, std::string* why = nullptr) {
  char* problem = nullptr;
  Parsed parsed(PQconninfoParse(address.c_str(), &problem));
  if (problem != nullptr && why != nullptr) *why = trimmed(problem);
  PQfreemem(problem);
  return parsed;
}

}  // namespace

bool is_address(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Result<void> check_address(const std::string& address) {
  std::string why;
  const Parsed parsed = parse(address, &why);
  if (!parsed) return fail("server.database", "read the address of the database", why);
  for (const char* secret : {"password", "sslpassword"}) {
    if (value_of(parsed, secret) != nullptr) {
      return fail("server.database", "read the address of the database",
                  "it has a password, which everybody on this machine can see",
                  "put it into the file of --database-password-file, or into ~/.pgpass");
    }
  }
  return {};
}

std::string describe(const std::string& address) {
  const Parsed parsed = parse(address);
  const auto part = [&](const char* keyword, const char* otherwise) {
    const char* value = parsed ? value_of(parsed, keyword) : nullptr;
    return std::string(value != nullptr && *value != '\0' ? value : otherwise);
  };
  return fmt::format("the PostgreSQL database {} on {}", part("dbname", "of the user's name"),
                     part("host", "this machine"));
}

Result<std::unique_ptr<Connection>> Connection::open(const Options& options) {
  // What comes later counts, so that the address may say otherwise; the password is nowhere else.
  std::vector<const char*> keywords{
      "connect_timeout",  "keepalives_idle",           "keepalives_interval", "keepalives_count",
      "tcp_user_timeout", "fallback_application_name", "client_encoding",     "dbname"};
  std::vector<const char*> values{
      "5", "10", "5", "3", "20000", "suture-server", "UTF8", options.address.c_str()};
  if (!options.password.empty()) {
    keywords.push_back("password");
    values.push_back(options.password.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<Connection> connection(
      new Connection(PQconnectdbParams(keywords.data(), values.data(), 1)));
  PGconn* raw = connection->raw();
  if (raw == nullptr || PQstatus(raw) != CONNECTION_OK) {
    return away(raw != nullptr ? trimmed(PQerrorMessage(raw)) : "out of memory");
  }
  if (const char* encoding = PQparameterStatus(raw, "server_encoding");
      encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return fail("store.foreign", "open " + describe(options.address), "its encoding is not UTF8",
                "make one with: createdb --encoding UTF8 --template template0 NAME");
  }
  TRY(connection->execute(kSession));
  return connection;
}

Result<ResultRows> Connection::checked(PGresult* result) {
  ResultRows rows(result);
  const auto status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    return away("the connection is lost: " + trimmed(PQerrorMessage(connection_.get())));
  }
  const char* message = result != nullptr ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  const std::string why = message != nullptr ? message : trimmed(PQerrorMessage(connection_.get()));
  const std::string state = state_of(result);
  if (is_about_text(state)) return fail("store.text", "use the database", why);
  return fail("store.unavailable", "use the database", fmt::format("{} ({})", why, state),
              "look at the log of the PostgreSQL server");
}

Result<ResultRows> Connection::execute(const std::string& sql) {
  return checked(PQexec(connection_.get(), sql.c_str()));
}

ResultRows Connection::prepare(const std::string& name, const std::string& sql,
                               const std::vector<Value>& values, Oid of_null) {
  std::vector<Oid> types;
  for (const Value& value : values) types.push_back(type_of(value, of_null));
  return ResultRows(
      PQprepare(connection_.get(), name.c_str(), sql.c_str(), static_cast<int>(types.size()), types.data()));
}

Result<std::string> Connection::prepared(const std::string& sql, const std::vector<Value>& values) {
  std::string key;
  for (const Value& value : values) key += static_cast<char>('a' + static_cast<int>(value.kind));
  key += ' ' + sql;
  if (const auto known = names_.find(key); known != names_.end()) return known->second;
  if (names_.size() >= kMostPrepared) {
    TRY(execute("DEALLOCATE ALL"));
    names_.clear();
  }
  std::string name = fmt::format("s{}", names_.size());
  const bool has_null =
      std::ranges::any_of(values, [](const Value& value) { return value.kind == Value::Kind::kNull; });
  // What a null is, the server tells by where it stands; where it cannot tell, any type will do. The first
  // try must not spoil a transaction.
  const bool guarded = has_null && PQtransactionStatus(connection_.get()) == PQTRANS_INTRANS;
  if (guarded) TRY(execute("SAVEPOINT types"));
  ResultRows result = prepare(name, sql, values, kUnknown);
  // indeterminate_datatype, ambiguous_parameter
  if (const std::string state = state_of(result.get()); state == "42P18" || state == "42P08") {
    if (guarded) TRY(execute("ROLLBACK TO types"));
    result = prepare(name, sql, values, kText);
  }
  TRY(checked(result.release()));
  if (guarded) TRY(execute("RELEASE types"));
  names_.emplace(std::move(key), name);
  return name;
}

Result<ResultRows> Connection::execute(const std::string& sql, const std::vector<Value>& values) {
  const std::string name = TRY(prepared(sql, values));
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const Value& value : values) {
    // In binary a text is its bytes, so a zero byte is seen and refused instead of ending it.
    pointers.push_back(value.kind == Value::Kind::kNull ? nullptr : value.text.c_str());
    lengths.push_back(static_cast<int>(value.text.size()));
    formats.push_back(value.kind == Value::Kind::kText ? 1 : 0);
  }
  return checked(PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                                pointers.data(), lengths.data(), formats.data(), 0));
}

bool Connection::is_alive() {
  if (PQstatus(connection_.get()) != CONNECTION_OK) return false;
  pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
  if (::poll(&socket, 1, 0) <= 0) return true;
  return PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK;
}

}  // namespace suture::postgresql
