// SPDX-License-Identifier: Apache-2.0
//
// Publishers of CSAF documents list them in changes.csv: each document's path and when it changed last, the
// newest first (CSAF 2.0, 7.1.13). So one small request tells which of tens of thousands are to be fetched.
#include <algorithm>

#include "advisory/feed.h"

namespace suture {
namespace {

constexpr std::size_t kLargestList = 64u << 20;
constexpr const char* kList = "changes.csv";

/// "PATH","TIME" or without the quotes.
std::optional<FeedDocument> parse_line(std::string_view line) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto plain = [](std::string_view text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return std::string(text);
  };
  FeedDocument document{plain(line.substr(0, comma)), plain(line.substr(comma + 1))};
  const bool inside = !document.name.empty() && document.name.front() != '/' && document.name.size() < 500 &&
                      document.name.find("..") == std::string::npos;
  if (!inside || document.fingerprint.empty() || document.fingerprint.size() > 64) return std::nullopt;
  return document;
}

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
    std::string_view rest = as_text(*bytes);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const auto document = parse_line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!document || !is_document(format_, document->name)) continue;
      if (!listed.emplace(document->name, document->fingerprint).second) continue;
      const auto found = known.find(document->name);
      if (found == known.end() || found->second != document->fingerprint) look.changed.push_back(*document);
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
