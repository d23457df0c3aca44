// SPDX-License-Identifier: Apache-2.0
#include "repository/signed_note.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/base64.h"
#include "base/hash.h"

namespace suture {
namespace {

constexpr std::string_view kDash = "\u2014 ";
constexpr std::uint8_t kEd25519 = 1;
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kSignatureBytes = 64;

std::unexpected<Error> malformed(std::string why) {
  return fail("log.malformed", "read a signed note", std::move(why));
}

/// Takes the first character off; nothing when that is not UTF-8 as RFC 3629 has it, in its shortest form.
std::optional<char32_t> next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length > text.size() || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4) return std::nullopt;
  char32_t character = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    character = character << 6 | (byte(i) & 0x3f);
  }
  const bool shorter = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (shorter || surrogate || character > 0x10ffff) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

/// The characters with the property White_Space of Unicode 15.
bool is_space(char32_t character) {
  constexpr std::u32string_view kSpaces =
      U"\u0009\u000a\u000b\u000c\u000d\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
      U"\u2007"
      U"\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";
  return kSpaces.contains(character);
}

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const auto character = next_character(text);
    if (!character || (*character < 0x20 && *character != '\n')) return false;
  }
  return true;
}

bool is_key_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto character = next_character(name);
    if (!character || *character < 0x20 || *character == '+' || is_space(*character)) return false;
  }
  return true;
}

std::array<std::uint8_t, kKeyIdBytes> key_id(const NoteKey& key) {
  std::string named = key.name + '\n' + static_cast<char>(kEd25519);
  named += as_text(key.key.point);
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(as_bytes(named).data(), named.size(), digest.data());
  std::array<std::uint8_t, kKeyIdBytes> id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

struct SignatureLine {
  std::string_view name;
  Bytes bytes;  ///< key id and signature
};

Result<SignatureLine> parse_signature(std::string_view line) {
  const std::size_t space = line.starts_with(kDash) ? line.find(' ', kDash.size()) : std::string_view::npos;
  if (space == std::string_view::npos) return malformed("what should be a signature is none");
  const std::string_view name = line.substr(kDash.size(), space - kDash.size());
  auto bytes = from_base64(line.substr(space + 1));
  if (!is_key_name(name)) return malformed("a signature's key has no proper name");
  if (!bytes || bytes->size() <= kKeyIdBytes) return malformed("a signature is not in Base64");
  return SignatureLine{name, *std::move(bytes)};
}

/// Whether this is the key's signature, and then that it is good.
Result<bool> check_signature(const SignatureLine& line, std::string_view text, const NoteKey& key) {
  const ByteView bytes = line.bytes;
  if (line.name != key.name || !std::ranges::equal(bytes.first(kKeyIdBytes), key_id(key))) return false;
  if (key.key.verifies(as_bytes(text), bytes.subspan(kKeyIdBytes))) return true;
  return fail("log.not-signed", "check the signature of " + key.name, "it does not fit the text",
              "The text was changed after it was signed. Fetch it again, from the log itself.");
}

}  // namespace

Result<std::string> sign_note(std::string_view text, const NoteKey& key, const NoteSigner& signer) {
  if (!is_key_name(key.name))
    return malformed(
        fmt::format("\"{}\" cannot be a key's name: it is empty, or has a space or a +", key.name));
  if (!text.ends_with('\n') || !is_note_text(text))
    return malformed("the text is not lines of UTF-8 without control characters");
  const Bytes signature = TRY(signer(as_bytes(text)));
  if (signature.size() != kSignatureBytes || !key.key.verifies(as_bytes(text), signature)) {
    return fail("log.not-signed", "sign as " + key.name, "what the signer made does not fit the public key",
                "The private and the public key must be halves of one pair.");
  }
  const auto id = key_id(key);
  Bytes bytes(id.begin(), id.end());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  std::string note = fmt::format("{}\n{}{} {}\n", text, kDash, key.name, to_base64(bytes));
  if (note.size() > kMaxNoteBytes) return malformed("the text is too long");
  return note;
}

Result<std::string_view> open_note(std::string_view note, const NoteKey& key) {
  if (note.size() > kMaxNoteBytes) return malformed("it is too long");
  if (!is_note_text(note)) return malformed("it is not UTF-8, or has control characters");
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos || !note.ends_with('\n') || blank + 2 == note.size())
    return malformed("it has no signatures");
  const std::string_view text = note.substr(0, blank + 1);
  std::string_view lines = note.substr(blank + 2);
  bool good = false;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const SignatureLine line = TRY(parse_signature(lines.substr(0, end)));
    if (TRY(check_signature(line, text, key))) good = true;
    lines.remove_prefix(end + 1);
  }
  if (good) return text;
  return fail("log.not-signed", "check the signature of " + key.name, "this key has not signed it",
              "If the log got a new key, take it from its owner, not from where the log is stored.");
}

std::string verifier_key(const NoteKey& key) {
  Bytes bytes{kEd25519};
  bytes.insert(bytes.end(), key.key.point.begin(), key.key.point.end());
  return fmt::format("{}+{}+{}", key.name, to_hex(key_id(key)), to_base64(bytes));
}

}  // namespace suture
