// SPDX-License-Identifier: Apache-2.0
#include "repository/merkle.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>

namespace suture {
namespace {

// Different first bytes, so that nobody can show an inner node as an entry (RFC 9162, 2.1.1).
constexpr std::uint8_t kLeafPrefix = 0;
constexpr std::uint8_t kNodePrefix = 1;

/// One context a thread: making one costs as much as hashing a node.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {}
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() { EVP_MD_CTX_free(context_); }

  MerkleHash of(std::uint8_t prefix, ByteView first, ByteView second = {}) {
    MerkleHash hash;
    EVP_DigestInit_ex(context_, EVP_sha256(), nullptr);
    EVP_DigestUpdate(context_, &prefix, 1);
    EVP_DigestUpdate(context_, first.data(), first.size());
    EVP_DigestUpdate(context_, second.data(), second.size());
    EVP_DigestFinal_ex(context_, hash.data(), nullptr);
    return hash;
  }

 private:
  EVP_MD_CTX* context_;
};
thread_local Sha256 sha256;

/// The largest power of two below `size`, where the tree of more than one entry is split.
std::uint64_t split(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

/// Of `size` entries from `begin`, which the splits of a tree cut out: the left parts are complete subtrees.
Result<MerkleHash> range_hash(std::uint64_t begin, std::uint64_t size, const SubtreeHashes& hashes) {
  if (std::has_single_bit(size)) {
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    return hashes({level, begin >> level});
  }
  const std::uint64_t left = split(size);
  const MerkleHash first = TRY(range_hash(begin, left, hashes));
  return node_hash(first, TRY(range_hash(begin + left, size - left, hashes)));
}

/// Combines hashes from the leaf level upwards, as both verifications do: `node` is the place of what is
/// proven within its level, `last` that of the level's last node.
struct Climb {
  std::uint64_t node;
  std::uint64_t last;

  /// Above a level in which the place is a right child, or the last one: there it has no sibling, and moves
  /// up until it is a right child.
  bool on_the_right() const { return (node & 1) != 0 || node == last; }
  void to_right_child() {
    while ((node & 1) == 0 && node != 0) up();
  }
  void up() {
    node >>= 1;
    last >>= 1;
  }
};

}  // namespace

MerkleHash leaf_hash(ByteView entry) {
  return sha256.of(kLeafPrefix, entry);
}

MerkleHash node_hash(const MerkleHash& left, const MerkleHash& right) {
  return sha256.of(kNodePrefix, left, right);
}

MerkleHash merkle_root(std::span<const MerkleHash> leaves) {
  if (leaves.empty()) return kEmptyRoot;
  // Level by level; a node without a sibling moves up as it is, which is the same tree as that of the splits.
  std::vector<MerkleHash> row(leaves.begin(), leaves.end());
  while (row.size() > 1) {
    const std::size_t pairs = row.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    if (row.size() % 2 != 0) row[pairs] = row.back();
    row.resize((row.size() + 1) / 2);
  }
  return row.front();
}

Result<MerkleHash> merkle_root(std::uint64_t size, const SubtreeHashes& hashes) {
  if (size == 0) return kEmptyRoot;
  return range_hash(0, size, hashes);
}

Result<MerkleProof> inclusion_proof(std::uint64_t index, std::uint64_t size, const SubtreeHashes& hashes) {
  MerkleProof proof;
  std::uint64_t begin = 0;
  while (size > 1) {
    const std::uint64_t left = split(size);
    if (index - begin < left) {
      proof.push_back(TRY(range_hash(begin + left, size - left, hashes)));
      size = left;
    } else {
      proof.push_back(TRY(range_hash(begin, left, hashes)));
      begin += left;
      size -= left;
    }
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<MerkleProof> consistency_proof(std::uint64_t older, std::uint64_t size, const SubtreeHashes& hashes) {
  MerkleProof proof;
  if (older == 0) return proof;
  std::uint64_t begin = 0;
  bool whole = true;  // the older tree, whose root the verifier knows
  while (older - begin != size) {
    const std::uint64_t left = split(size);
    if (older - begin <= left) {
      proof.push_back(TRY(range_hash(begin + left, size - left, hashes)));
      size = left;
    } else {
      proof.push_back(TRY(range_hash(begin, left, hashes)));
      begin += left;
      size -= left;
      whole = false;
    }
  }
  if (!whole) proof.push_back(TRY(range_hash(begin, size, hashes)));
  std::ranges::reverse(proof);
  return proof;
}

bool proves_inclusion(const MerkleProof& proof, const MerkleHash& leaf, std::uint64_t index,
                      const LogHead& head) {
  if (index >= head.size) return false;
  Climb climb{index, head.size - 1};
  MerkleHash hash = leaf;
  for (const MerkleHash& sibling : proof) {
    if (climb.last == 0) return false;
    if (climb.on_the_right()) {
      hash = node_hash(sibling, hash);
      climb.to_right_child();
    } else {
      hash = node_hash(hash, sibling);
    }
    climb.up();
  }
  return climb.last == 0 && hash == head.root;
}

bool proves_consistency(const MerkleProof& proof, const LogHead& older, const LogHead& newer) {
  if (older.size > newer.size) return false;
  if (older.size == 0) return proof.empty() && older.root == kEmptyRoot;
  if (older.size == newer.size) return proof.empty() && older.root == newer.root;
  std::span<const MerkleHash> rest = proof;
  Climb climb{older.size - 1, newer.size - 1};
  while ((climb.node & 1) != 0) climb.up();
  // A complete older tree is a node of the newer one, and the proof leaves it out.
  MerkleHash start = older.root;
  if (!std::has_single_bit(older.size)) {
    if (rest.empty()) return false;
    start = rest.front();
    rest = rest.subspan(1);
  }
  MerkleHash old_root = start;
  MerkleHash new_root = start;
  for (const MerkleHash& sibling : rest) {
    if (climb.last == 0) return false;
    if (climb.on_the_right()) {
      old_root = node_hash(sibling, old_root);
      new_root = node_hash(sibling, new_root);
      climb.to_right_child();
    } else {
      new_root = node_hash(new_root, sibling);
    }
    climb.up();
  }
  return climb.last == 0 && old_root == older.root && new_root == newer.root;
}

}  // namespace suture
