// SPDX-License-Identifier: Apache-2.0
//
// A log as hosts and auditors see it, through a Fetcher (log_tiles.h has the files). Nothing that is fetched
// is believed before the head vouches for it; the head comes from a checkpoint (log_checkpoint.h).
//
// What to make of the errors: "log.inconsistent" and "log.not-included" are the log owner's doing, since
// hashes under a signed head say so. "log.damaged" and "log.malformed" may be anybody's between the owner and
// here.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "fetch/fetcher.h"
#include "repository/log_tree.h"
#include "repository/merkle.h"

namespace suture {

/// Where a repository keeps its log.
inline constexpr const char* kLogPrefix = "log/";

/// Called with rising index; an error that it returns ends the reading. The entry lives during the call.
using EntryVisitor = std::function<Result<void>(std::uint64_t index, ByteView entry)>;

class LogReader {
 public:
  /// Fetches the tiles at the tree's right edge, at most one a level, and checks that they give the head's
  /// root. `fetcher` must outlive the reader. `prefix` goes before paths: empty, or ends with "/".
  static Result<LogReader> open(Fetcher& fetcher, const LogHead& head, std::string prefix = kLogPrefix);

  const LogHead& head() const { return tree_.head(); }

  /// The entry stands at `index`. The proof shows that to anybody who has the head. "log.not-included" when
  /// another stands there, or none.
  Result<MerkleProof> prove_inclusion(std::uint64_t index, ByteView entry);

  /// The log that had the head `older` has only grown since. "log.inconsistent" when it shrank, or when
  /// entries changed.
  Result<MerkleProof> prove_consistency(const LogHead& older);

  /// The entries from `first` to the end, each checked.
  Result<void> read_entries(std::uint64_t first, const EntryVisitor& visit);

  /// Computes the tree anew from every entry: it must have the head's root, and the tiles must be the tree's.
  Result<void> audit();

 private:
  LogReader(Fetcher& fetcher, std::string prefix, LogTree tree)
      : fetcher_(&fetcher), prefix_(std::move(prefix)), tree_(std::move(tree)) {}
  Result<Bytes> fetch_bundle(std::uint64_t index, unsigned width) const;

  Fetcher* fetcher_;
  std::string prefix_;
  LogTree tree_;
};

}  // namespace suture
