// SPDX-License-Identifier: Apache-2.0
//
// A new database for a test: a file of its own, or, where scripts/postgresql.sh runs the tests, a schema of
// its own on that server. Tests that take theirs from here run on both.
#pragma once

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "base/file.h"
#include "postgresql/connection.h"
#include "server/fleet_database.h"

namespace suture::server {

inline bool on_postgresql() {
  return std::getenv("SUTURE_TEST_POSTGRESQL") != nullptr;
}

class NewDatabase {
 public:
  NewDatabase() {
    if (!on_postgresql()) {
      where_ = folder_.path() / "fleet.db";
      return;
    }
    static std::atomic<int> made{0};
    const std::string server = std::getenv("SUTURE_TEST_POSTGRESQL");
    const std::string schema = fmt::format("test_{}_{}", ::getpid(), ++made);
    auto connection = must(postgresql::Connection::open({.address = server}));
    must(connection->execute("CREATE SCHEMA " + schema));
    address_ = fmt::format("{}&options=-csearch_path%3D{}", server, schema);
    where_ = must(FleetDatabase::at(address_, {}));
  }

  operator const FleetDatabase&() const { return where_; }
  const FleetDatabase& where() const { return where_; }
  /// The same one, on connections of its own, as another server has it.
  FleetDatabase again() const { return address_.empty() ? where_ : must(FleetDatabase::at(address_, {})); }
  /// Another program's way in, without our schema or its rules.
  sql::Database raw() const { return must(where_.open_as_it_is()); }
  /// As raw(): statements in the words of whichever database it is.
  bool execute(const std::string& sqlite, const std::string& postgresql) const {
    if (address_.empty()) {
      sqlite3* file = nullptr;
      sqlite3_open(where_.file().c_str(), &file);
      // The server's own threads write now and then.
      sqlite3_busy_timeout(file, 60'000);
      const bool done = sqlite3_exec(file, sqlite.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
      sqlite3_close(file);
      return done;
    }
    return must(postgresql::Connection::open({.address = address_}))->execute(postgresql).has_value();
  }
  bool execute(const std::string& both) const { return execute(both, both); }
  const std::string& address() const { return address_; }
  /// Whether such a text is in any of its rows, or, of a file, anywhere.
  bool holds(const std::string& text) const {
    if (address_.empty()) {
      for (const char* suffix : {"", "-wal"}) {
        const auto content = read_text_file(where_.file().string() + suffix);
        if (content && content->find(text) != content->npos) return true;
      }
      return false;
    }
    auto rows = raw();
    for (const auto& table : must(rows.backend().tables())) {
      const auto sql = fmt::format("SELECT count(*) FROM {0} WHERE strpos(CAST({0} AS TEXT), '{1}') > 0",
                                   table.name, text);
      if (must(rows.integer(sql)) > 0) return true;
    }
    return false;
  }

 private:
  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return *std::move(result);
  }
  TempDir folder_ = *TempDir::make("suture-fleet");
  std::string address_{};
  FleetDatabase where_{std::filesystem::path()};
};

}  // namespace suture::server
