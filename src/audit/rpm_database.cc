// SPDX-License-Identifier: Apache-2.0
#include "audit/rpm_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

namespace suture {
namespace {

constexpr std::uint64_t kLargestDatabase = 1u << 30;
constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kMostPackages = 100'000;
constexpr int kLargestHeader = 256 << 20;

std::unexpected<Error> no_database(std::string why) {
  return fail("audit.packages", "read RPM's database", std::move(why));
}

/// SQLite wants a file by name. In a folder of our own, nobody changes it meanwhile.
Result<void> copy(const RootFolder& root, const std::string& from, const std::filesystem::path& to) {
  const OpenFile file = TRY(root.open_file(from));
  if (file.size() > kLargestDatabase) return no_database(from + " is too large");
  std::ofstream out(to, std::ios::binary);
  std::uint64_t at = 0;
  while (at < kLargestDatabase) {
    const Bytes part = TRY(file.read(at, kChunk));
    if (part.empty()) break;
    const std::string_view text = as_text(part);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    at += part.size();
  }
  out.close();
  if (!out) return no_database("its copy cannot be written");
  return {};
}

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A schema can hold whole programs, in views and expressions. Of this one nothing but a table is asked.
void distrust(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kLargestHeader);
}

Result<void> for_each_sqlite_header(const std::filesystem::path& path,
                                    const std::function<void(ByteView header)>& visit) {
  sqlite3* opened = nullptr;
  // Not read-only: what the log beside it still holds is put into the copy.
  const int status = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, Close> database(opened);
  if (status != SQLITE_OK) return no_database(sqlite3_errstr(status));
  distrust(opened);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "SELECT blob FROM Packages ORDER BY hnum", -1, &prepared, nullptr) !=
      SQLITE_OK)
    return no_database(sqlite3_errmsg(opened));
  const std::unique_ptr<sqlite3_stmt, Close> statement(prepared);
  std::size_t count = 0;
  std::uint64_t total = 0;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    if (++count > kMostPackages) return no_database("it has absurdly many packages");
    const void* blob = sqlite3_column_blob(prepared, 0);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
    // Rows of a forged file can share their bytes.
    total += size;
    if (total > kLargestDatabase) return no_database("its packages are absurdly large");
    if (blob != nullptr) visit({static_cast<const std::uint8_t*>(blob), size});
  }
  if (step != SQLITE_DONE) return no_database(sqlite3_errmsg(opened));
  return {};
}

std::uint32_t little_at(ByteView bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at + 2]} << 16 |
         std::uint32_t{bytes[at + 3]} << 24;
}

}  // namespace

std::optional<RpmDatabaseFile> find_rpm_database(const RootFolder& root) {
  // The second is where newer ones have it, with a link at the first.
  constexpr std::array kFolders = {"/var/lib/rpm/", "/usr/lib/sysimage/rpm/"};
  constexpr std::array kFiles = {std::pair{"rpmdb.sqlite", RpmForm::kSqlite},
                                 std::pair{"Packages.db", RpmForm::kNdb},
                                 std::pair{"Packages", RpmForm::kBerkeley}};
  for (const auto& [name, form] : kFiles) {
    for (const char* folder : kFolders) {
      RpmDatabaseFile file{.form = form, .path = std::string(folder) + name};
      if (root.identity(file.path)) return file;
    }
  }
  return std::nullopt;
}

// rpm's lib/backend/ndb/rpmpkg.c: pages of 4 KiB of slots, of which the first two are the head; blobs in
// blocks of 16 bytes.
Result<void> for_each_ndb_header(ByteView database, const std::function<void(ByteView header)>& visit) {
  constexpr std::uint32_t kMagic = 'R' | 'p' << 8 | 'm' << 16 | 'P' << 24;
  constexpr std::uint32_t kSlotMagic = 'S' | 'l' << 8 | 'o' << 16 | 't' << 24;
  constexpr std::uint32_t kBlobMagic = 'B' | 'l' << 8 | 'b' << 16 | 'S' << 24;
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kSlot = 16;
  constexpr std::size_t kBlock = 16;
  if (database.size() < kPage || little_at(database, 0) != kMagic || little_at(database, 4) != 0)
    return no_database("it does not begin as one of that form does");
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{little_at(database, 12)} * kPage,
                                                    database.size() / kPage * kPage);
  std::size_t count = 0;
  std::uint64_t total = 0;
  for (std::size_t at = 2 * kSlot; at + kSlot <= end; at += kSlot) {
    if (little_at(database, at) != kSlotMagic) return no_database("a slot of it is broken");
    const std::uint32_t package = little_at(database, at + 4);
    const std::uint64_t blob = std::uint64_t{little_at(database, at + 8)} * kBlock;
    if (package == 0 || blob == 0 || blob + kSlot > database.size()) continue;
    const auto place = static_cast<std::size_t>(blob);
    if (little_at(database, place) != kBlobMagic || little_at(database, place + 4) != package) continue;
    const std::uint32_t size = little_at(database, place + 12);
    if (size > database.size() - place - kSlot) continue;
    total += size;
    if (++count > kMostPackages || total > kLargestDatabase)
      return no_database("it has absurdly many packages");
    visit(database.subspan(place + kSlot, size));
  }
  return {};
}

Result<void> for_each_rpm_header(const RootFolder& root, const RpmDatabaseFile& file,
                                 const std::function<void(ByteView header)>& visit) {
  switch (file.form) {
    case RpmForm::kSqlite: {
      const TempDir folder = TRY(TempDir::make("suture-rpm"));
      const std::filesystem::path path = folder.path() / "rpmdb.sqlite";
      TRY(copy(root, file.path, path));
      // What a transaction has written last lies here, mostly nothing.
      if (root.identity(file.path + "-wal")) TRY(copy(root, file.path + "-wal", path.string() + "-wal"));
      return for_each_sqlite_header(path, visit);
    }
    case RpmForm::kNdb: {
      const OpenFile opened = TRY(root.open_file(file.path));
      if (opened.size() > kLargestDatabase) return no_database(file.path + " is too large");
      return for_each_ndb_header(TRY(opened.read(0, static_cast<std::size_t>(opened.size()))), visit);
    }
    case RpmForm::kBerkeley:
      break;
  }
  return fail("audit.packages-elsewhere", "read RPM's database",
              "its form is Berkeley's, which only an rpm of that system reads",
              "Run `suture audit` within it.");
}

}  // namespace suture
