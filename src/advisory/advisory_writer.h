// SPDX-License-Identifier: Apache-2.0
//
// How a sync writes what it reads: many records in one transaction, and whenever the process dies, the store
// is as after the last of them. A document that was half written by then counts as never read, and is read
// again; what it says the second time replaces the first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "advisory/advisory_store.h"
#include "advisory/feed.h"

namespace suture {

struct WrittenRecords {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t unchanged = 0;
  std::size_t removed = 0;
  std::size_t kept_aside = 0;  ///< records, and whole documents
};

class AdvisoryWriter {
 public:
  /// Begins with a source, which is new if the store does not have it.
  static Result<AdvisoryWriter> begin(AdvisoryStore& store, const WatchSource& source, Time now);
  AdvisoryWriter(AdvisoryWriter&&) noexcept;
  AdvisoryWriter& operator=(AdvisoryWriter&&) = delete;
  ~AdvisoryWriter();

  /// Of the last sync that came to its end, if it read the same place.
  const std::string& cursor() const;
  /// All documents with their fingerprints; empty ones for those that are to be read anew.
  Result<KnownDocuments> known();

  /// The place has changed: until finish(), nothing is known of how far the reading has come.
  Result<void> start();
  /// Reads a document into the store. What makes no sense is kept aside; what it, or its record, said before
  /// stays until it says something else.
  Result<void> read(const FeedDocument& document, ByteView bytes);
  /// One whose bytes did not come. It is tried again the next time.
  Result<void> set_aside(const FeedDocument& document, const Error& problem);
  Result<void> remove(const std::string& document);
  /// Before a long wait: nobody else can write until then.
  Result<void> commit();
  /// All was read.
  Result<void> finish(const std::string& cursor);
  /// The sync failed; what was read stays.
  Result<void> give_up(const Error& problem);

  const WrittenRecords& written() const;

 private:
  struct State;
  explicit AdvisoryWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Forgets a source with all that it said. True: it was there.
Result<bool> forget_source(AdvisoryStore& store, std::string_view name);

}  // namespace suture
