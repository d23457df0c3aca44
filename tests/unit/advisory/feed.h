// SPDX-License-Identifier: Apache-2.0
//
// A document read as sync would, with what came out of it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advisory/reader.h"

namespace suture {

struct ReadFeed {
  Result<void> end{};
  std::vector<std::pair<std::string, ReadRecord>> records{};

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, record] : records) names.push_back(name);
    return names;
  }

  /// The voices of a record, which must be there and whole.
  std::vector<Voice> voices(std::string_view of) const {
    for (const auto& [name, record] : records) {
      if (name != of) continue;
      EXPECT_TRUE(record) << (record ? std::string() : record.error().message());
      return record.value_or(std::vector<Voice>());
    }
    ADD_FAILURE() << "no record " << of;
    return {};
  }

  /// The only voice of a record.
  Voice voice(std::string_view of) const {
    std::vector<Voice> all = voices(of);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Voice{} : all.front();
  }

  /// Why a record was set aside; empty when it was not.
  std::string refusal(std::string_view of) const {
    for (const auto& [name, record] : records) {
      if (name == of && !record) return record.error().code + ": " + record.error().why;
    }
    return {};
  }
};

inline ReadFeed read_feed(FeedFormat format, std::string_view name, std::string_view bytes) {
  ReadFeed feed;
  feed.end = read_document(format, name, bytes, [&](std::string record, ReadRecord voices) -> Result<void> {
    feed.records.emplace_back(std::move(record), std::move(voices));
    return {};
  });
  return feed;
}

}  // namespace suture
