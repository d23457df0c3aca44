// SPDX-License-Identifier: Apache-2.0
//
// What sources have said, in one SQLite file: documents, the records in them, and the voices of each record.
// A sync replaces what a document said, so a record that is gone is not believed any longer. All that changes
// a CVE moves it to the end of a list, which others follow at their own pace. Errors of the database are
// "store.unavailable".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/reader.h"
#include "base/time.h"
#include "database/database.h"

namespace suture {

/// A line of a list: what is worth sorting and filtering by.
struct AdvisoryLine {
  std::string cve{};
  std::string title{};
  std::optional<double> score{};  ///< the highest CVSS
  std::optional<double> epss{};
  bool exploited = false;
  bool kernel = false;  ///< a source names the kernel as a product
  bool withdrawn = false;
  std::string modified{};  ///< the latest time that a source gives; of one that gives none, when it was read
  std::vector<std::string> sources{};
};

struct AdvisoryFilter {
  std::string source{};   ///< that says something of it
  std::string package{};  ///< that a source names as a product
  std::string text{};     ///< in id or title, in any case
  std::string since{};    ///< a date or time: modified then or later
  bool kernel_only = false;
  bool exploited_only = false;
  bool with_withdrawn = false;
  double least_score = 0;
  std::uint32_t limit = 0;  ///< 0: all
};

/// A record that was not understood, or a document of which nothing was.
struct KeptAside {
  std::string source{};
  std::string document{};
  std::string record{};  ///< empty: the whole document
  std::string code{};
  std::string why{};
  std::string since{};
};

/// A source, as the last sync left it.
struct SourceState {
  std::string name{};
  std::string format{};
  std::string location{};
  std::string tried{};   ///< RFC 3339
  std::string synced{};  ///< the last time that all went well
  std::string problem{};
  std::int64_t documents = 0;
  std::int64_t records = 0;
  std::int64_t kept_aside = 0;
};

struct ChangedCve {
  std::int64_t position = 0;  ///< in the list
  std::string cve{};
};

class AdvisoryStore {
 public:
  /// Opens or creates it. "store.foreign", "store.newer"
  static Result<AdvisoryStore> open(const std::filesystem::path& path);

  // Questions.
  /// Nothing: no source has heard of it.
  Result<std::optional<Advisory>> advisory(std::string_view cve);
  /// All that name this product ("linux", "openssl"), of any ecosystem; the part of each that is about others
  /// comes too.
  Result<std::vector<Advisory>> about_package(std::string_view package);
  /// The newest ids first.
  Result<std::vector<AdvisoryLine>> list(const AdvisoryFilter& filter);
  /// One after the other, by id, without holding all. An error from `each` ends it.
  Result<void> each(const AdvisoryFilter& filter, const std::function<Result<void>(const Advisory&)>& each);
  Result<std::vector<KeptAside>> kept_aside(std::string_view source = {});
  Result<std::vector<SourceState>> sources();

  // Who follows what changes: positions rise.
  Result<std::vector<ChangedCve>> changed_since(std::int64_t position, std::uint32_t limit);
  /// How far the follower of that name has come.
  Result<std::int64_t> follower(std::string_view name);
  Result<void> set_follower(std::string_view name, std::int64_t position);

  /// For those who write: AdvisoryWriter, WatchQueue.
  sql::Database& database() { return *database_; }

 private:
  explicit AdvisoryStore(std::unique_ptr<sql::Database> database) : database_(std::move(database)) {}
  std::unique_ptr<sql::Database> database_;
};

}  // namespace suture
