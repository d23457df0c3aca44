// SPDX-License-Identifier: Apache-2.0
//
// One document on a server. What the server says of its version (an entity tag, or the time of the last
// change) goes along with the next request, so that nothing comes when nothing has changed.
#include "advisory/feed.h"

namespace suture {
namespace {

class UrlFeed : public Feed {
 public:
  UrlFeed(HttpFetcher fetcher, std::string name) : fetcher_(std::move(fetcher)), name_(std::move(name)) {}

  Result<FeedLook> look(const std::string&, const KnownDocuments& known) override {
    const auto found = known.find(name_);
    std::string validator = found != known.end() ? found->second : std::string();
    auto bytes = TRY(fetcher_.fetch_if_changed(name_, kLargestDocument, validator));
    FeedLook look{.documents = 1};
    for (const auto& [name, unused] : known) {
      if (name != name_) look.gone.push_back(name);
    }
    if (!bytes) return look;
    bytes_ = *std::move(bytes);
    look.changed.push_back({name_, validator});
    return look;
  }

  Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) override {
    for (const FeedDocument& document : documents) TRY(sink(document, std::exchange(bytes_, {})));
    return {};
  }

 private:
  HttpFetcher fetcher_;
  std::string name_;
  Bytes bytes_;  ///< between look() and read()
};

}  // namespace

Result<std::unique_ptr<Feed>> url_feed(const WatchConfig& config, const WatchSource& source) {
  const std::size_t slash = source.location.rfind('/');
  auto fetcher = TRY(HttpFetcher::open(source.location.substr(0, slash), config.http));
  return std::make_unique<UrlFeed>(std::move(fetcher), source.location.substr(slash + 1));
}

}  // namespace suture
