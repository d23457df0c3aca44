// SPDX-License-Identifier: Apache-2.0
//
// Where a source's documents come from: what is there, what of it may have changed since, and its bytes. What
// they mean is the reader's business.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "advisory/watch_config.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"

namespace suture {

/// A document as large as that is none that we know.
inline constexpr std::size_t kLargestDocument = 512u << 20;

struct FeedDocument {
  std::string name{};         ///< unique in its feed, and the same each time: a path within the place
  std::string fingerprint{};  ///< differs when the bytes may differ; empty: they are to be looked at anew
};

/// The fingerprints, by name, of documents that were read to the end.
using KnownDocuments = std::unordered_map<std::string, std::string>;

struct FeedLook {
  std::vector<FeedDocument> changed{};  ///< new, or perhaps not as they were
  std::vector<std::string> gone{};      ///< known, and not there any longer
  std::size_t documents = 0;            ///< how many there are
  std::string cursor{};                 ///< for the next look, once all of these are read
};

/// What came: the bytes, or why there are none. The document's fingerprint may have become more exact. An
/// error that is returned ends the reading.
using DocumentSink = std::function<Result<void>(const FeedDocument& document, Result<Bytes> bytes)>;

class Feed {
 public:
  virtual ~Feed() = default;
  /// `cursor`: of the last look whose documents were all read; empty: there was none.
  virtual Result<FeedLook> look(const std::string& cursor, const KnownDocuments& known) = 0;
  /// Reads them, in this order. An error of this function is one of the whole place: what was not read is
  /// read the next time.
  virtual Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) = 0;
};

/// `now`: when the sync began. "watch.source-absent" for a place that is not there.
Result<std::unique_ptr<Feed>> open_feed(const WatchConfig& config, const WatchSource& source, Time now);

// Each kind of place: folder_feed.cc, git_feed.cc, url_feed.cc, csaf_feed.cc.
std::unique_ptr<Feed> folder_feed(const WatchSource& source, Time now);
std::unique_ptr<Feed> file_feed(const WatchSource& source, Time now);
std::unique_ptr<Feed> git_feed(const WatchConfig& config, const WatchSource& source);
Result<std::unique_ptr<Feed>> url_feed(const WatchConfig& config, const WatchSource& source);
/// A folder of CSAF documents on a web server, with its changes.csv.
Result<std::unique_ptr<Feed>> csaf_feed(const WatchConfig& config, const WatchSource& source);

}  // namespace suture
