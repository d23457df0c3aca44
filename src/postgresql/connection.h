// SPDX-License-Identifier: Apache-2.0
//
// One connection to a PostgreSQL server, through libpq. (libpqxx 6, which Debian 12 has, prepares statements
// without the types of their parameters, and tells of a lost connection by exceptions from wherever it was
// noticed; here types are needed, and a lost connection is an everyday error.)
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::postgresql {

struct Options {
  std::string address;            ///< "postgresql://user@host/db"
  std::string password{};         ///< empty: as libpq finds one (PGPASSFILE, ~/.pgpass), or none
  std::uint32_t connections = 8;  ///< most at a time
};

/// Whether it names a PostgreSQL server, and no file.
bool is_address(std::string_view text);
/// "server.database" for what libpq does not understand, and for one with a password, which everybody on this
/// machine would see.
Result<void> check_address(const std::string& address);
/// The address for people, without anything secret.
std::string describe(const std::string& address);

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultRows = std::unique_ptr<PGresult, ClearResult>;

/// A parameter as libpq takes it.
struct Value {
  enum class Kind { kNull, kText, kNumber };
  Kind kind = Kind::kNull;
  std::string text{};  ///< of a number, too
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const Options& options);

  /// Several statements at once are fine; the last one's rows.
  Result<ResultRows> execute(const std::string& sql);
  /// Prepares what it has not prepared yet.
  Result<ResultRows> execute(const std::string& sql, const std::vector<Value>& values);

  /// False once the server has closed it, which costs no round trip to see.
  bool is_alive();
  PGconn* raw() const { return connection_.get(); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit Connection(PGconn* connection) : connection_(connection) {}
  Result<std::string> prepared(const std::string& sql, const std::vector<Value>& values);
  ResultRows prepare(const std::string& name, const std::string& sql, const std::vector<Value>& values,
                     Oid of_null);
  Result<ResultRows> checked(PGresult* result);

  std::unique_ptr<PGconn, Finish> connection_;
  std::map<std::string, std::string> names_{};  ///< of prepared statements, by their types and SQL
};

}  // namespace suture::postgresql
