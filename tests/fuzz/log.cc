// SPDX-License-Identifier: Apache-2.0
//
// A log from a hostile mirror. The first byte picks what the rest is: a checkpoint, one whose text its owner
// signed, a bundle of entries, or proofs. What is read must survive being written and read again.
#include <algorithm>
#include <cstdlib>

#include "repository/log_checkpoint.h"
#include "repository/log_tiles.h"

namespace {

using namespace suture;

const Ed25519Private& owner() {
  static const Ed25519Private key = *Ed25519Private::generate();
  return key;
}

Result<Bytes> sign(ByteView message) {
  return owner().sign(message);
}

void read_checkpoint(std::string_view note) {
  const auto checkpoint = open_checkpoint(note, owner().public_key());
  if (!checkpoint) return;
  const auto written = sign_checkpoint(*checkpoint, owner().public_key(), sign);
  if (!written || open_checkpoint(*written, owner().public_key()) != *checkpoint) std::abort();
}

void read_signed_text(std::string_view text) {
  const std::string name(text.substr(0, std::min(text.find('\n'), text.size())));
  const NoteKey key{name, owner().public_key()};
  const auto note = sign_note(text, key, sign);
  if (!note) return;
  if (open_note(*note, key) != text) std::abort();
  read_checkpoint(*note);
}

void read_bundle(ByteView bytes) {
  for (const unsigned width : {1u, 3u, kTileWidth}) {
    (void)parse_tile(bytes, width);
    const auto entries = parse_bundle(bytes, width);
    if (!entries) continue;
    Bytes written;
    for (const ByteView entry : *entries) add_to_bundle(written, entry);
    if (!std::ranges::equal(written, bytes)) std::abort();
  }
}

/// Nobody finds a proof of something else by chance.
void read_proofs(ByteView bytes) {
  if (bytes.size() < 16) return;
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[at + i];
    return value >> (value & 63);
  };
  const std::uint64_t small = number(0);
  const std::uint64_t large = number(8);
  MerkleProof proof;
  for (std::size_t at = 16; at + 32 <= bytes.size(); at += 32) {
    MerkleHash hash{};
    std::ranges::copy(bytes.subspan(at, hash.size()), hash.begin());
    proof.push_back(hash);
  }
  const MerkleHash leaf = leaf_hash(bytes);
  const MerkleHash other = leaf_hash({});
  if (proves_inclusion(proof, leaf, small, {large, other})) std::abort();
  if (small != 0 && proves_consistency(proof, {small, leaf}, {large, other})) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read_checkpoint(as_text(bytes));
      break;
    case 1:
      read_signed_text(as_text(bytes));
      break;
    case 2:
      read_bundle(bytes);
      break;
    default:
      read_proofs(bytes);
      break;
  }
  return 0;
}
