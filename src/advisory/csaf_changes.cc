// SPDX-License-Identifier: Apache-2.0
#include "advisory/csaf_changes.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace suture {
namespace {

constexpr std::size_t kMostDocuments = 1'000'000;
constexpr std::size_t kLongestPath = 500;
constexpr std::size_t kLongestTime = 64;

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
  const bool inside = !document.name.empty() && document.name.front() != '/' &&
                      document.name.size() <= kLongestPath && document.name.find("..") == std::string::npos;
  if (!inside || document.fingerprint.empty() || document.fingerprint.size() > kLongestTime)
    return std::nullopt;
  return document;
}

}  // namespace

std::vector<FeedDocument> read_csaf_changes(std::string_view text) {
  std::vector<FeedDocument> documents;
  std::unordered_set<std::string> names;
  while (!text.empty() && documents.size() < kMostDocuments) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto document = parse_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (document && names.insert(document->name).second) documents.push_back(*std::move(document));
  }
  return documents;
}

}  // namespace suture
