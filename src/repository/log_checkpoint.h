// SPDX-License-Identifier: Apache-2.0
//
// A log's head, signed: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), a signed note of three
// lines. Whoever signs one promises that the log only ever grows: two that do not fit together convict the
// signer.
//
//   example.com/repository
//   20852163
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "repository/merkle.h"
#include "repository/signed_note.h"

namespace suture {

struct Checkpoint {
  std::string origin;      ///< names the log; also the name of the key that signs it
  std::uint64_t size = 0;  ///< at most kMaxLogSize (log_tiles.h)
  MerkleHash root = kEmptyRoot;

  LogHead head() const { return {size, root}; }
  bool operator==(const Checkpoint&) const = default;
};

/// Errors as of sign_note().
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const Ed25519Public& key,
                                    const NoteSigner& signer);

/// The checkpoint, once it is known to be signed with `key`. Signatures of others and extension lines are
/// ignored. `origin`: the log that is meant; empty: any that the key signs for. "log.malformed",
/// "log.not-signed", "log.other-origin".
Result<Checkpoint> open_checkpoint(std::string_view note, const Ed25519Public& key,
                                   std::string_view origin = {});

}  // namespace suture
