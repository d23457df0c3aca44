// SPDX-License-Identifier: Apache-2.0
//
// A folder of CSAF documents on a web server: one small request, for its list of changes, tells which of tens
// of thousands are to be fetched.
#include <algorithm>

#include "advisory/csaf_changes.h"
#include "advisory/feed.h"

namespace suture {
namespace {

constexpr std::size_t kLargestList = 64u << 20;
constexpr const char* kList = "changes.csv";

class CsafFeed : public Feed {
 public:
  CsafFeed(HttpFetcher fetcher, const WatchSource& source)
      : fetcher_(std::move(fetcher)), format_(source.format), what_("read the source " + source.name) {}

  Result<FeedLook> look(const std::string& cursor, const KnownDocuments& known) override {
    std::string validator = known.empty() ? std::string() : cursor;
    const auto bytes = TRY(fetcher_.fetch_if_changed(kList, kLargestList, validator));
    FeedLook look{.documents = known.size(), .cursor = validator};
    if (!bytes) {
      look.cursor = cursor;
      return look;
    }
    KnownDocuments listed;
    for (FeedDocument& document : read_csaf_changes(as_text(*bytes))) {
      if (!is_document(format_, document.name)) continue;
      listed.emplace(document.name, document.fingerprint);
      const auto found = known.find(document.name);
      if (found == known.end() || found->second != document.fingerprint) {
        look.changed.push_back(std::move(document));
      }
    }
    look.documents = listed.size();
    for (const auto& [name, unused] : known) {
      if (!listed.contains(name)) look.gone.push_back(name);
    }
    std::ranges::sort(look.gone);
    return look;
  }

  Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) override {
    for (const FeedDocument& document : documents) {
      auto bytes = fetcher_.fetch(document.name, kLargestDocument);
      // Listed, and not there: its own problem. A server that does not answer is everybody's.
      if (!bytes && bytes.error().code == "repository.unreachable") return std::unexpected(bytes.error());
      TRY(sink(document, std::move(bytes)));
    }
    return {};
  }

 private:
  HttpFetcher fetcher_;
  FeedFormat format_;
  std::string what_;
};

}  // namespace

Result<std::unique_ptr<Feed>> csaf_feed(const WatchConfig& config, const WatchSource& source) {
  auto fetcher = TRY(HttpFetcher::open(source.location, config.http));
  return std::make_unique<CsafFeed>(std::move(fetcher), source);
}

}  // namespace suture
