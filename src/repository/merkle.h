// SPDX-License-Identifier: Apache-2.0
//
// The Merkle tree of a transparency log: RFC 9162, section 2.1, over SHA-256. A tree of n entries is fixed
// for ever by its root; proofs of a few dozen hashes show that an entry is in it, or that a larger tree
// begins with all of it. Sizes and indexes count entries.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace suture {

using MerkleHash = std::array<std::uint8_t, 32>;
using MerkleProof = std::vector<MerkleHash>;

/// The root of the tree without entries: SHA-256 of nothing.
inline constexpr MerkleHash kEmptyRoot = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                          0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                          0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

/// All that must be known of a log in order to check anything else of it.
struct LogHead {
  std::uint64_t size = 0;
  MerkleHash root = kEmptyRoot;
  bool operator==(const LogHead&) const = default;
};

MerkleHash leaf_hash(ByteView entry);
MerkleHash node_hash(const MerkleHash& left, const MerkleHash& right);

/// Of the tree with these leaf hashes; also of the levels above any row of complete subtrees.
MerkleHash merkle_root(std::span<const MerkleHash> leaves);

/// A complete subtree: the entries from `index` * 2^`level`, 2^`level` of them.
struct Subtree {
  unsigned level = 0;
  std::uint64_t index = 0;
  bool operator==(const Subtree&) const = default;
};

/// Hands out the hash of a complete subtree. Asked only for those that lie wholly in the tree.
using SubtreeHashes = std::function<Result<MerkleHash>(Subtree)>;

Result<MerkleHash> merkle_root(std::uint64_t size, const SubtreeHashes& hashes);

/// PATH(index, D[size]) of 2.1.3.1. `index` < `size`.
Result<MerkleProof> inclusion_proof(std::uint64_t index, std::uint64_t size, const SubtreeHashes& hashes);

/// PROOF(older, D[size]) of 2.1.4.1, and the empty proof if `older` is 0. `older` <= `size`.
Result<MerkleProof> consistency_proof(std::uint64_t older, std::uint64_t size, const SubtreeHashes& hashes);

/// 2.1.3.2: the entry with this leaf hash stands at `index` of the tree.
bool proves_inclusion(const MerkleProof& proof, const MerkleHash& leaf, std::uint64_t index,
                      const LogHead& head);

/// 2.1.4.2: the first entries of the newer tree are those of the older one. The empty tree begins every tree.
bool proves_consistency(const MerkleProof& proof, const LogHead& older, const LogHead& newer);

}  // namespace suture
