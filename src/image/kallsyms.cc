// SPDX-License-Identifier: Apache-2.0
//
// Nothing in the image says where the tables are, so they are found by what they hold, from the surest to
// the least sure:
//
//   token table    256 strings; those of the digits are the digits themselves ("0\0" "1\0" … "9\0"), since a
//                  symbol may use any of them uncompressed
//   token index    right behind: 256 offsets, which must be exactly those of the strings
//   markers        before the token table: offset of each 256th name, rising from 0
//   names          before the markers: length, then that many tokens, for each symbol
//   number         before the names: how many there are
//
// Each label is aligned to 8 bytes, in 7.x to 4. What stands around these has changed:
//
//   to 6.3    addresses | number, names, markers, [seqs from 6.2, and in stable trees], tokens
//   from 6.4              number, names, markers, tokens | addresses, [seqs]
//
// where `addresses` is 8 bytes for each, or (CONFIG_KALLSYMS_BASE_RELATIVE) an offset of 4 bytes for each
// and then the base, and those offsets mean different things with and without
// CONFIG_KALLSYMS_ABSOLUTE_PERCPU; in 7.x each offset counts from its own place, and there is no base. All
// are tried; the right one gives rising addresses, and an address of linux_banner where the text is.
#include "image/kallsyms.h"

#include <algorithm>
#include <array>
#include <optional>

#include "image/little_endian.h"

namespace suture {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kTokens = 256;
constexpr std::size_t kTokenIndexSize = kTokens * 2;
constexpr std::size_t kNamesPerMarker = 256;
// Names in seqs_of_names are numbered with 24 bits; a kernel with everything built in has some 300,000.
constexpr std::size_t kMostSymbols = 1u << 21;
// Fewer markers than this occur by chance all over the image.
constexpr std::size_t kFewestMarkers = 4;
// KSYM_NAME_LEN of 6.1 and later (include/linux/kallsyms.h), and the type character.
constexpr std::size_t kLongestName = 512 + 1;
// Hostile images could hold any number of near misses; a real one holds few.
constexpr int kMostAttempts = 64;

// Of labels: scripts/kallsyms.c (output_label).
constexpr std::array<std::size_t, 2> kAlignments{8, 4};

constexpr std::size_t align(std::size_t offset, std::size_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

bool zeros(ByteView bytes, std::size_t from, std::size_t to) {
  return std::ranges::all_of(bytes.subspan(from, to - from), [](std::uint8_t byte) { return byte == 0; });
}

struct TokenTable {
  std::size_t begin = 0;  ///< offset in the stretch
  std::size_t end = 0;    ///< behind the token index
  std::size_t alignment = 0;
  std::array<std::string_view, kTokens> tokens;
};

struct Names {
  std::size_t number_at = 0;  ///< offset of num_syms
  std::size_t names_at = 0;
  std::size_t count = 0;
};

/// `digits` is where the strings of the digits stand.
std::optional<TokenTable> token_table_around(ByteView bytes, std::size_t digits, std::size_t alignment) {
  const std::string_view text = as_text(bytes);
  std::size_t end = digits;
  for (std::size_t token = '0'; token < kTokens; ++token) {
    const std::size_t zero = text.substr(end, kLongestName + 1).find('\0');
    if (zero == text.npos) return std::nullopt;
    end += zero + 1;
  }
  const std::size_t index = align(end, alignment);
  if (index > bytes.size() || bytes.size() - index < kTokenIndexSize) return std::nullopt;
  const std::size_t digits_offset = load_u16(bytes, index + 2 * std::size_t{'0'});
  if (digits_offset > digits) return std::nullopt;

  TokenTable table;
  table.begin = digits - digits_offset;
  table.end = index + kTokenIndexSize;
  table.alignment = alignment;
  std::size_t expected = 0;
  for (std::size_t token = 0; token < kTokens; ++token) {
    if (load_u16(bytes, index + 2 * token) != expected || table.begin + expected >= end) return std::nullopt;
    const std::string_view rest = text.substr(table.begin + expected, kLongestName + 1);
    const std::size_t length = rest.find('\0');
    if (length == rest.npos) return std::nullopt;
    table.tokens[token] = rest.substr(0, length);
    expected += length + 1;
  }
  if (table.begin + expected != end || table.begin % alignment != 0) return std::nullopt;
  return table;
}

/// The compressed name at `offset`, at most up to `end`; its tokens are what is returned. `offset` moves on.
std::optional<ByteView> next_name(ByteView bytes, std::size_t& offset, std::size_t end) {
  if (offset >= end) return std::nullopt;
  std::size_t length = bytes[offset++];
  if ((length & 0x80) != 0) {  // two bytes since 6.1: "big" symbols
    if (offset >= end) return std::nullopt;
    length = (length & 0x7f) | (static_cast<std::size_t>(bytes[offset++]) << 7);
  }
  if (length == 0 || length > end - offset) return std::nullopt;
  const ByteView tokens = bytes.subspan(offset, length);
  offset += length;
  return tokens;
}

std::size_t markers_for(std::size_t symbols) {
  return (symbols + kNamesPerMarker - 1) / kNamesPerMarker;
}

/// True when `count` names from `names_at` on are at the markers where they should, and end with them.
bool names_hold(ByteView bytes, std::size_t names_at, std::size_t count, std::size_t markers_at,
                std::size_t alignment) {
  // The last marker first: it tells nearly all wrong places from the right one after 256 names at most.
  const std::size_t last = markers_for(count) - 1;
  std::size_t offset = names_at + load_u32(bytes, markers_at + 4 * last);
  for (std::size_t i = last * kNamesPerMarker; i < count; ++i) {
    if (!next_name(bytes, offset, markers_at)) return false;
  }
  if (align(offset, alignment) != markers_at || !zeros(bytes, offset, markers_at)) return false;

  offset = names_at;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kNamesPerMarker == 0 &&
        offset - names_at != load_u32(bytes, markers_at + 4 * (i / kNamesPerMarker))) {
      return false;
    }
    if (!next_name(bytes, offset, markers_at)) return false;
  }
  return true;
}

/// Where the names to these markers begin: `number` stands before them.
std::optional<Names> names_before(ByteView bytes, std::size_t markers_at, std::size_t markers,
                                  std::size_t alignment, int& attempts) {
  const std::size_t last_marker = load_u32(bytes, markers_at + 4 * (markers - 1));
  if (last_marker + alignment > markers_at) return std::nullopt;
  constexpr std::size_t kMostTailBytes = kNamesPerMarker * (kLongestName + 2);
  const std::size_t latest = (markers_at - last_marker) & ~(alignment - 1);
  const std::size_t earliest = latest > kMostTailBytes + alignment ? latest - kMostTailBytes : alignment;
  for (std::size_t at = latest; at >= earliest; at -= alignment) {
    const std::size_t number_at = at - alignment;
    const std::size_t count = load_u32(bytes, number_at);
    if (!zeros(bytes, number_at + 4, at) || count == 0 || markers_for(count) != markers) continue;
    if (names_hold(bytes, at, count, markers_at, alignment)) return Names{number_at, at, count};
    if (--attempts <= 0) return std::nullopt;
  }
  return std::nullopt;
}

/// True when markers that end at `end` can stand before a token table at `table`: at once, or with three
/// bytes for each symbol between (seqs_of_names).
bool reaches(std::size_t end, std::size_t markers, const TokenTable& table) {
  const std::size_t gap = table.begin - align(end, table.alignment);
  const std::size_t most = align(3 * markers * kNamesPerMarker, table.alignment);
  const std::size_t least = align(3 * ((markers - 1) * kNamesPerMarker + 1), table.alignment);
  return gap == 0 || (gap >= least && gap <= most);
}

std::optional<Names> names_for(ByteView bytes, const TokenTable& table, int& attempts) {
  constexpr std::size_t kFarthest = kMostSymbols * 3 + kMostSymbols / kNamesPerMarker * 4 + 16;
  std::size_t at = table.begin > kFarthest ? table.begin - kFarthest : 0;
  at = align(at, table.alignment);
  for (; at + 8 <= table.begin; at += table.alignment) {
    if (load_u32(bytes, at) != 0) continue;
    std::uint32_t before = 0;
    std::size_t end = at + 4;
    // What follows the markers may by chance read like one more, so each length is considered.
    for (std::size_t markers = 1; end <= table.begin; ++markers, end += 4) {
      if (markers >= kFewestMarkers && reaches(end, markers, table)) {
        if (const auto names = names_before(bytes, at, markers, table.alignment, attempts)) return names;
        if (attempts <= 0) return std::nullopt;
      }
      if (end == table.begin) break;
      const std::uint32_t next = load_u32(bytes, end);
      if (next <= before || next - before > kNamesPerMarker * (kLongestName + 2)) break;
      before = next;
    }
  }
  return std::nullopt;
}

/// Fills in types and names; false when one is not a symbol's.
bool expand_names(ByteView bytes, const TokenTable& table, const Names& names,
                  std::vector<ImageSymbol>& symbols) {
  std::string text;
  std::size_t offset = names.names_at;
  for (std::size_t i = 0; i < names.count; ++i) {
    const auto tokens = next_name(bytes, offset, table.begin);
    if (!tokens) return false;
    text.clear();
    for (const std::uint8_t token : *tokens) {
      text += table.tokens[token];
      if (text.size() > kLongestName) return false;
    }
    const auto plain = [](char c) { return c > ' ' && c < 0x7f; };
    if (text.size() < 2 || !std::ranges::all_of(text, plain)) return false;
    symbols.push_back({.address = 0, .type = text.front(), .name = text.substr(1)});
  }
  return true;
}

/// How the address of a symbol is written.
enum class Encoding {
  kAbsolute,        ///< 8 bytes
  kRelative,        ///< 4 bytes above the base
  kRelativePercpu,  ///< the same with CONFIG_KALLSYMS_ABSOLUTE_PERCPU: not negative is absolute, and others
                    ///< count down from base - 1
  kToItself,        ///< 4 bytes from where they stand
};

/// Reads the addresses from `at` on; `base_at` is where the base is, for the relative encodings.
void read_addresses(const Stretch& stretch, std::size_t at, std::size_t base_at, Encoding encoding,
                    std::vector<ImageSymbol>& symbols) {
  const ByteView bytes = stretch.bytes;
  const bool based = encoding == Encoding::kRelative || encoding == Encoding::kRelativePercpu;
  const std::uint64_t base = based ? load_u64(bytes, base_at) : 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    std::uint64_t& address = symbols[i].address;
    if (encoding == Encoding::kAbsolute) {
      address = load_u64(bytes, at + 8 * i);
      continue;
    }
    const std::uint32_t offset = load_u32(bytes, at + 4 * i);
    const auto negative = static_cast<std::int32_t>(offset);
    if (encoding == Encoding::kRelative) {
      address = base + offset;
    } else if (encoding == Encoding::kToItself) {
      address = stretch.address + at + 4 * i + static_cast<std::uint64_t>(std::int64_t{negative});
    } else {
      address = negative >= 0 ? offset : base - 1 - static_cast<std::uint64_t>(std::int64_t{negative});
    }
  }
}

/// The proof that all was read rightly.
bool addresses_hold(const AddressSpace& space, const std::vector<ImageSymbol>& symbols) {
  if (!std::ranges::is_sorted(symbols, {}, &ImageSymbol::address)) return false;
  const auto banner = std::ranges::find(symbols, "linux_banner"sv, &ImageSymbol::name);
  if (banner == symbols.end()) return false;
  constexpr std::string_view kText = "Linux version ";
  const auto bytes = space.bytes(banner->address, kText.size());
  return bytes && as_text(*bytes) == kText;
}

bool place_symbols(const AddressSpace& space, const Stretch& stretch, const TokenTable& table,
                   const Names& names, std::vector<ImageSymbol>& symbols) {
  const std::size_t offsets = align(4 * names.count, table.alignment);
  const std::size_t pointers = 8 * names.count;
  // Before the number of symbols (to 6.3) or behind the tokens (from 6.4).
  struct Place {
    std::size_t at, base_at, end;
    Encoding encoding;
  };
  std::vector<Place> places;
  if (names.number_at >= offsets + 8) {
    const std::size_t base_at = names.number_at - 8;
    for (const Encoding encoding : {Encoding::kRelativePercpu, Encoding::kRelative})
      places.push_back({base_at - offsets, base_at, names.number_at, encoding});
  }
  if (names.number_at >= pointers)
    places.push_back({names.number_at - pointers, 0, names.number_at, Encoding::kAbsolute});
  for (const Encoding encoding : {Encoding::kRelativePercpu, Encoding::kRelative})
    places.push_back({table.end, table.end + offsets, table.end + offsets + 8, encoding});
  places.push_back({table.end, 0, table.end + pointers, Encoding::kAbsolute});
  places.push_back({table.end, 0, table.end + offsets, Encoding::kToItself});

  return std::ranges::any_of(places, [&](const Place& place) {
    if (place.end > stretch.bytes.size()) return false;
    read_addresses(stretch, place.at, place.base_at, place.encoding, symbols);
    return addresses_hold(space, symbols);
  });
}

}  // namespace

Result<std::vector<ImageSymbol>> read_kallsyms(const AddressSpace& space) {
  constexpr std::string_view kDigits = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0"sv;
  int attempts = kMostAttempts;
  for (const Stretch& stretch : space.stretches()) {
    const std::string_view text = as_text(stretch.bytes);
    for (std::size_t at = text.find(kDigits); at != text.npos && attempts > 0;
         at = text.find(kDigits, at + 1)) {
      for (const std::size_t alignment : kAlignments) {
        const auto table = token_table_around(stretch.bytes, at, alignment);
        if (!table) continue;
        --attempts;
        const auto names = names_for(stretch.bytes, *table, attempts);
        std::vector<ImageSymbol> symbols;
        if (names && names->count <= kMostSymbols && expand_names(stretch.bytes, *table, *names, symbols) &&
            place_symbols(space, stretch, *table, *names, symbols)) {
          return symbols;
        }
      }
    }
  }
  return fail("image.no-kallsyms", "find the symbols in the kernel image",
              "no symbol tables were found that hold together",
              "The kernel must be built with CONFIG_KALLSYMS=y, in the layout of Linux 5.10 to 7.2.");
}

}  // namespace suture
