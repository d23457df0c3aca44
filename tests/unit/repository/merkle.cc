// SPDX-License-Identifier: Apache-2.0
#include "repository/merkle.h"

#include "make.h"

namespace suture {
namespace {

using test::must;

MerkleHash hash_of(std::string_view hex) {
  const Bytes bytes = must(from_hex(hex));
  MerkleHash hash{};
  EXPECT_EQ(bytes.size(), hash.size());
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

MerkleProof proof_of(const std::vector<std::string_view>& hashes) {
  MerkleProof proof;
  for (const std::string_view hex : hashes) proof.push_back(hash_of(hex));
  return proof;
}

/// The complete subtrees of a list of leaves.
class Tree {
 public:
  explicit Tree(std::vector<MerkleHash> leaves) : levels_{std::move(leaves)} {
    while (levels_.back().size() > 1) {
      const auto& below = levels_.back();
      std::vector<MerkleHash> row;
      for (std::size_t i = 0; i + 1 < below.size(); i += 2) row.push_back(node_hash(below[i], below[i + 1]));
      levels_.push_back(std::move(row));
    }
  }
  SubtreeHashes hashes() const {
    return
        [this](Subtree subtree) -> Result<MerkleHash> { return levels_.at(subtree.level).at(subtree.index); };
  }
  const MerkleHash& leaf(std::size_t index) const { return levels_[0][index]; }
  LogHead head(std::uint64_t size) const { return {size, merkle_root(std::span(levels_[0]).first(size))}; }

 private:
  std::vector<std::vector<MerkleHash>> levels_;
};

Tree numbers(unsigned count) {
  std::vector<MerkleHash> leaves;
  for (unsigned i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
  return Tree(std::move(leaves));
}

/// The tree with which implementations of RFC 6962 are compared.
Tree known_tree() {
  std::vector<MerkleHash> leaves;
  for (const char* hex :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}) {
    leaves.push_back(leaf_hash(must(from_hex(hex))));
  }
  return Tree(std::move(leaves));
}

TEST(Merkle, HasTheKnownRoots) {
  const Tree tree = known_tree();
  const std::vector<std::string_view> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  for (std::uint64_t size = 0; size < roots.size(); ++size) {
    EXPECT_EQ(tree.head(size).root, hash_of(roots[size])) << size;
    EXPECT_EQ(must(merkle_root(size, tree.hashes())), hash_of(roots[size])) << size;
  }
}

TEST(Merkle, MakesTheKnownInclusionProofs) {
  const Tree tree = known_tree();
  EXPECT_EQ(must(inclusion_proof(0, 1, tree.hashes())), MerkleProof{});
  EXPECT_EQ(must(inclusion_proof(0, 8, tree.hashes())),
            proof_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(must(inclusion_proof(5, 8, tree.hashes())),
            proof_of({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(must(inclusion_proof(2, 3, tree.hashes())),
            proof_of({"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
  EXPECT_EQ(must(inclusion_proof(1, 5, tree.hashes())),
            proof_of({"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST(Merkle, MakesTheKnownConsistencyProofs) {
  const Tree tree = known_tree();
  EXPECT_EQ(must(consistency_proof(1, 1, tree.hashes())), MerkleProof{});
  EXPECT_EQ(must(consistency_proof(1, 8, tree.hashes())),
            proof_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(must(consistency_proof(6, 8, tree.hashes())),
            proof_of({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(must(consistency_proof(2, 5, tree.hashes())),
            proof_of({"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST(Merkle, PassesOnWhatKeepsAHashAway) {
  const SubtreeHashes none = [](Subtree) -> Result<MerkleHash> { return fail("test.gone", "read", "gone"); };
  EXPECT_EQ(test::code(merkle_root(3, none)), "test.gone");
  EXPECT_EQ(test::code(inclusion_proof(1, 3, none)), "test.gone");
  EXPECT_EQ(test::code(consistency_proof(1, 3, none)), "test.gone");
}

/// Ways to bend a proof that no verification may let pass.
std::vector<MerkleProof> bent(const MerkleProof& proof, std::uint64_t seed) {
  std::vector<MerkleProof> all;
  MerkleProof longer = proof;
  longer.push_back(kEmptyRoot);
  all.push_back(std::move(longer));
  if (proof.empty()) return all;
  MerkleProof flipped = proof;
  flipped[seed % proof.size()][seed % 32] ^= static_cast<std::uint8_t>(1u << (seed % 8));
  all.push_back(std::move(flipped));
  all.emplace_back(proof.begin(), proof.end() - 1);
  all.emplace_back(proof.begin() + 1, proof.end());
  return all;
}

constexpr unsigned kMost = 300;

TEST(Merkle, ProvesEveryEntryOfEveryTreeAndNoOther) {
  const Tree tree = numbers(kMost + 1);
  std::vector<LogHead> heads;
  for (unsigned size = 0; size <= kMost + 1; ++size) heads.push_back(tree.head(size));
  for (unsigned size = 0; size <= kMost; ++size) {
    ASSERT_EQ(must(merkle_root(size, tree.hashes())), heads[size].root);
    EXPECT_FALSE(proves_inclusion({}, tree.leaf(size), size, heads[size]));
    for (unsigned index = 0; index < size; ++index) {
      const MerkleProof proof = must(inclusion_proof(index, size, tree.hashes()));
      const MerkleHash& leaf = tree.leaf(index);
      ASSERT_TRUE(proves_inclusion(proof, leaf, index, heads[size])) << index << " of " << size;
      EXPECT_FALSE(proves_inclusion(proof, tree.leaf(index + 1), index, heads[size]));
      EXPECT_FALSE(proves_inclusion(proof, leaf, index + 1, heads[size])) << index << " of " << size;
      EXPECT_FALSE(proves_inclusion(proof, leaf, index ^ 1, heads[size])) << index << " of " << size;
      EXPECT_FALSE(proves_inclusion(proof, leaf, index, heads[size + 1])) << index << " of " << size;
      EXPECT_FALSE(proves_inclusion(proof, leaf, index, heads[size - 1])) << index << " of " << size;
      for (const MerkleProof& other : bent(proof, index * 7 + size))
        EXPECT_FALSE(proves_inclusion(other, leaf, index, heads[size])) << index << " of " << size;
    }
  }
}

TEST(Merkle, ProvesThatEveryTreeBeginsWithTheSmallerOnes) {
  const Tree tree = numbers(kMost + 1);
  std::vector<LogHead> heads;
  for (unsigned size = 0; size <= kMost + 1; ++size) heads.push_back(tree.head(size));
  for (unsigned size = 0; size <= kMost; ++size) {
    for (unsigned older = 0; older <= size; ++older) {
      const MerkleProof proof = must(consistency_proof(older, size, tree.hashes()));
      ASSERT_TRUE(proves_consistency(proof, heads[older], heads[size])) << older << " to " << size;
      LogHead changed = heads[older];
      changed.root[older % 32] ^= 1;
      EXPECT_FALSE(proves_consistency(proof, changed, heads[size])) << older << " to " << size;
      // The empty proof is right from nothing to anything, and from a tree to itself.
      if (older > 1) {
        EXPECT_FALSE(proves_consistency(proof, heads[older], heads[size + 1])) << older << " to " << size;
        EXPECT_FALSE(proves_consistency(proof, heads[older - 1], heads[size])) << older << " to " << size;
      }
      if (older != 0 && older != size) {
        EXPECT_FALSE(proves_consistency(proof, heads[older + 1], heads[size])) << older << " to " << size;
        EXPECT_FALSE(proves_consistency(proof, heads[size], heads[older])) << older << " to " << size;
      }
      for (const MerkleProof& other : bent(proof, older * 7 + size))
        EXPECT_FALSE(proves_consistency(other, heads[older], heads[size])) << older << " to " << size;
    }
  }
}

/// A head is a size and a root: no proof stops halfway up a tree that claims to be larger.
TEST(Merkle, ProvesNothingOfTreesThatClaimToBeLarger) {
  const Tree tree = numbers(256);
  for (unsigned size = 2; size <= 256; size *= 2) {
    const LogHead larger{std::uint64_t{2} * size, tree.head(size).root};
    for (unsigned index = 0; index < size; ++index) {
      const MerkleProof proof = must(inclusion_proof(index, size, tree.hashes()));
      EXPECT_FALSE(proves_inclusion(proof, tree.leaf(index), index, larger)) << index << " of " << size;
      const MerkleProof growth = must(consistency_proof(index, size, tree.hashes()));
      if (index != 0) {
        EXPECT_FALSE(proves_consistency(growth, tree.head(index), larger)) << index << " to " << size;
      }
    }
  }
}

}  // namespace
}  // namespace suture
