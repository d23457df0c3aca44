// SPDX-License-Identifier: Apache-2.0
//
// /etc/suture/watch.toml, as suture-watch.toml(5) describes it: where announcements come from.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/reader.h"
#include "base/error.h"
#include "fetch/http_fetcher.h"

namespace suture {

enum class PlaceKind : std::uint8_t {
  kUrl,     ///< one document, or with a slash at the end a folder with CSAF's changes.csv
  kFolder,  ///< all documents below it
  kFile,    ///< one document
  kGit,     ///< a checkout, a bare repository, or what `git clone` takes: the documents of a branch
};

struct WatchSource {
  std::string name{};  ///< "kernel-cna": lower case, digits and hyphens
  FeedFormat format = FeedFormat::kCve;
  PlaceKind kind = PlaceKind::kFolder;
  std::string location{};  ///< URL or path
  std::string branch{};    ///< of a git repository; empty: what its HEAD names
  std::string below{};     ///< only documents in this folder of the place; empty: all
  std::chrono::seconds every = std::chrono::hours(1);
};

struct WatchConfig {
  std::filesystem::path state = "/var/lib/suture-watch";
  std::vector<WatchSource> sources{};
  std::vector<std::string> targets{};    ///< whose fixes go into the queue: names in the builder's store
  std::filesystem::path target_store{};  ///< of the builder; empty: as `suture target` has it
  std::filesystem::path code{};          ///< clone of the kernel's stable tree; empty: none
  std::filesystem::path reports{};       ///< of hosts, which priorities heed; empty: none
  HttpOptions http{};

  std::filesystem::path store() const { return state / "advisories.db"; }
  /// Copies of git repositories elsewhere.
  std::filesystem::path copies() const { return state / "git"; }
};

inline constexpr const char* kDefaultWatchConfig = "/etc/suture/watch.toml";

/// "watch.config" names the line. Unknown keys are refused.
Result<WatchConfig> read_watch_config(const std::filesystem::path& path);
Result<WatchConfig> parse_watch_config(std::string_view text, std::string_view name);

/// "url", "folder", "file", "git"
std::string_view name_of(PlaceKind kind);

}  // namespace suture
