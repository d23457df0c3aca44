// SPDX-License-Identifier: Apache-2.0
#include "repository/log_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/lines.h"
#include "repository/log_tiles.h"

namespace suture {
namespace {

std::unexpected<Error> malformed(std::string why) {
  return fail("log.malformed", "read a checkpoint of the log", std::move(why));
}

std::optional<std::uint64_t> parse_size(std::string_view digits) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  // No sign, no zeroes in front, nothing behind: a size has one text.
  if (error != std::errc() || fmt::to_string(size) != digits || size > kMaxLogSize) return std::nullopt;
  return size;
}

Result<Checkpoint> parse_text(std::string_view text) {
  Checkpoint checkpoint{.origin = std::string(take_line(text))};
  const auto size = parse_size(take_line(text));
  if (!size) return malformed("its second line is not the number of entries");
  checkpoint.size = *size;
  const auto root = from_base64(take_line(text));
  if (!root || root->size() != checkpoint.root.size())
    return malformed("its third line is not a root hash in Base64");
  std::ranges::copy(*root, checkpoint.root.begin());
  if (checkpoint.size == 0 && checkpoint.root != kEmptyRoot)
    return malformed("it has no entries, and another root than the empty tree");
  while (!text.empty())
    if (take_line(text).empty()) return malformed("it has an empty line");
  return checkpoint;
}

}  // namespace

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const Ed25519Public& key,
                                    const NoteSigner& signer) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, to_base64(checkpoint.root));
  if (const auto same = parse_text(text); !same || *same != checkpoint)
    return malformed("the checkpoint to sign cannot be written");
  return sign_note(text, {checkpoint.origin, key}, signer);
}

Result<Checkpoint> open_checkpoint(std::string_view note, const Ed25519Public& key, std::string_view origin) {
  const std::string name(note.substr(0, std::min(note.find('\n'), note.size())));
  if (!origin.empty() && name != origin) {
    return fail("log.other-origin", "read a checkpoint of the log " + std::string(origin),
                "it is of another log, or of none", "Check the address of the log, and its name.");
  }
  return parse_text(TRY(open_note(note, {name, key})));
}

}  // namespace suture
