// SPDX-License-Identifier: Apache-2.0
//
// Makes small kernel images, so that each table and header of a real one can be broken in turn: a vmlinux
// with a build-id, a banner and kallsyms tables as scripts/kallsyms.c writes them, packed as arch/x86/boot
// does.
#pragma once

#include <bzlib.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace suture::test {

inline constexpr std::uint64_t kBase = 0xffffffff81000000;
inline constexpr std::string_view kBanner =
    "Linux version 6.1.0-1-test (someone@somewhere) (gcc-12 (Debian) 12.2) #1 SMP\n";

template <class T>
void append(Bytes& bytes, T value) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof value);
}
template <class T>
void store(Bytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}
inline void pad(Bytes& bytes, std::size_t alignment) {
  bytes.resize((bytes.size() + alignment - 1) & ~(alignment - 1));
}

/// Where scripts/kallsyms.c puts the addresses, and how it writes them.
enum class Layout { kOffsetsFirst, kPlainOffsetsFirst, kPointersFirst, kOffsetsLast, kOwnOffsetsLast };

/// The segment's bytes and where its tables begin in it, for those who want to break them.
struct Kallsyms {
  Bytes bytes;
  std::size_t count_at = 0, names_at = 0, markers_at = 0, tokens_at = 0, index_at = 0;
};

struct BuiltSymbol {
  std::uint64_t address;
  std::string name;  ///< with the type in front: "Tschedule"
};

/// More than the 768 symbols that four markers need. Two have one name; the banner's is in the middle.
inline std::vector<BuiltSymbol> built_symbols(std::uint64_t count = 1100) {
  std::vector<BuiltSymbol> symbols;
  for (std::uint64_t i = 0; i < count; ++i)
    symbols.push_back({kBase + 0x100 + 16 * i, "tfunction_" + std::to_string(i)});
  symbols[5].name = symbols[9].name = "tshow";
  symbols[500] = {symbols[499].address, "Dlinux_banner"};
  symbols[600].name = "T" + std::string(300, 'x');  // a "big" symbol: its length takes two bytes
  for (BuiltSymbol& symbol : symbols) {
    if (symbol.name == "Dlinux_banner") symbol.address = symbols[499].address;
  }
  return symbols;
}

/// Of labels.
inline std::size_t alignment_of(Layout layout) {
  return layout == Layout::kOwnOffsetsLast ? 4 : 8;
}

inline void append_addresses(Kallsyms& made, const std::vector<BuiltSymbol>& symbols, Layout layout) {
  for (const BuiltSymbol& symbol : symbols) {
    const std::uint64_t above = symbol.address - kBase;
    if (layout == Layout::kPointersFirst)
      append(made.bytes, symbol.address);
    else if (layout == Layout::kOwnOffsetsLast)
      append(made.bytes, static_cast<std::uint32_t>(above - made.bytes.size()));
    else if (layout == Layout::kPlainOffsetsFirst)
      append(made.bytes, static_cast<std::uint32_t>(above));
    else
      append(made.bytes, static_cast<std::int32_t>(-1 - static_cast<std::int64_t>(above)));
  }
  pad(made.bytes, alignment_of(layout));
  if (layout != Layout::kPointersFirst && layout != Layout::kOwnOffsetsLast) append(made.bytes, kBase);
}

/// Behind `made.bytes`, which hold the text.
inline void append_kallsyms(Kallsyms& made, const std::vector<BuiltSymbol>& symbols, Layout layout) {
  Bytes& bytes = made.bytes;
  pad(bytes, alignment_of(layout));
  const bool last = layout == Layout::kOffsetsLast || layout == Layout::kOwnOffsetsLast;
  if (!last) append_addresses(made, symbols, layout);
  made.count_at = bytes.size();
  append(bytes, static_cast<std::uint32_t>(symbols.size()));
  pad(bytes, alignment_of(layout));
  made.names_at = bytes.size();
  // Token 1 stands for what most names begin with; all others for themselves.
  constexpr std::string_view kCommon = "tfunction_";
  std::vector<std::uint32_t> markers;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (i % 256 == 0) markers.push_back(static_cast<std::uint32_t>(bytes.size() - made.names_at));
    std::string name = symbols[i].name;
    if (name.starts_with(kCommon)) name = "\1" + name.substr(kCommon.size());
    if (name.size() >= 0x80) append(bytes, static_cast<std::uint8_t>(0x80 | (name.size() & 0x7f)));
    append(bytes, static_cast<std::uint8_t>(name.size() >= 0x80 ? name.size() >> 7 : name.size()));
    for (const char c : name) append(bytes, c);
  }
  pad(bytes, alignment_of(layout));
  made.markers_at = bytes.size();
  for (const std::uint32_t marker : markers) append(bytes, marker);
  pad(bytes, alignment_of(layout));
  made.tokens_at = bytes.size();
  std::vector<std::uint16_t> index;
  for (unsigned token = 0; token < 256; ++token) {
    index.push_back(static_cast<std::uint16_t>(bytes.size() - made.tokens_at));
    const std::string text = token == 1   ? std::string(kCommon)
                             : token == 0 ? ""
                                          : std::string(1, static_cast<char>(token));
    for (const char c : text) append(bytes, c);
    append(bytes, '\0');
  }
  pad(bytes, alignment_of(layout));
  made.index_at = bytes.size();
  for (const std::uint16_t offset : index) append(bytes, offset);
  if (last) append_addresses(made, symbols, layout);
  pad(bytes, alignment_of(layout));
}

/// The one loaded segment: text with the banner in it, then the tables.
inline Kallsyms build_segment(Layout layout = Layout::kOffsetsFirst, std::uint64_t count = 1100) {
  const auto symbols = built_symbols(count);
  Kallsyms made;
  made.bytes.assign(symbols.back().address + 64 - kBase, 0x90);
  std::memcpy(made.bytes.data() + (symbols[500].address - kBase), kBanner.data(), kBanner.size() + 1);
  append_kallsyms(made, symbols, layout);
  return made;
}

inline constexpr std::size_t kSegmentAt = 4096;
inline constexpr std::size_t kNotesAt = 1024;

/// An ELF executable around the segment, with `bss` bytes of zeros behind it as the x86 linker script leaves
/// them.
inline Bytes build_vmlinux(const Bytes& segment, std::size_t bss = 0) {
  Bytes file(kSegmentAt);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phnum = 2;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_shoff = 512;
  header.e_shnum = 2;
  header.e_shentsize = sizeof(Elf64_Shdr);
  store(file, 0, header);
  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_offset = kSegmentAt;
  load.p_vaddr = kBase;
  load.p_filesz = load.p_memsz = segment.size() + bss;
  store(file, sizeof header, load);
  Elf64_Phdr note{};
  note.p_type = PT_NOTE;
  note.p_offset = kNotesAt;
  note.p_filesz = 36;
  store(file, sizeof header + sizeof load, note);
  Elf64_Shdr nobits{};
  nobits.sh_type = SHT_NOBITS;
  nobits.sh_flags = SHF_ALLOC;
  nobits.sh_addr = kBase + segment.size();
  nobits.sh_size = bss;
  store(file, 512 + sizeof nobits, nobits);
  store(file, kNotesAt, Elf64_Nhdr{4, 20, NT_GNU_BUILD_ID});
  std::memcpy(file.data() + kNotesAt + sizeof(Elf64_Nhdr), "GNU", 4);
  for (std::size_t i = 0; i < 20; ++i) file[kNotesAt + 16 + i] = static_cast<std::uint8_t>(0xa0 + i);
  file.insert(file.end(), segment.begin(), segment.end());
  file.resize(file.size() + bss);
  return file;
}

enum class Compression { kGzip, kBzip2, kLzma, kXz, kLz4, kZstd };

inline Bytes run_lzma(lzma_stream& stream, const Bytes& data) {
  Bytes out(data.size() + 65536);
  stream.next_in = data.data();
  stream.avail_in = data.size();
  stream.next_out = out.data();
  stream.avail_out = out.size();
  EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  lzma_end(&stream);
  return out;
}

/// As `cmd_gzip` and its like in scripts/Makefile.lib, without the size behind.
inline Bytes compress_only(const Bytes& data, Compression how) {
  Bytes out(data.size() + 65536);
  switch (how) {
    case Compression::kGzip: {
      z_stream stream{};
      deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
      stream.next_in = const_cast<Bytef*>(data.data());
      stream.avail_in = static_cast<uInt>(data.size());
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, Z_FINISH);
      out.resize(stream.total_out);
      deflateEnd(&stream);
      return out;
    }
    case Compression::kBzip2: {
      auto size = static_cast<unsigned>(out.size());
      BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size,
                               const_cast<char*>(reinterpret_cast<const char*>(data.data())),
                               static_cast<unsigned>(data.size()), 9, 0, 0);
      out.resize(size);
      return out;
    }
    case Compression::kLzma: {
      lzma_stream stream = LZMA_STREAM_INIT;
      lzma_options_lzma options;
      lzma_lzma_preset(&options, 6);
      EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
      return run_lzma(stream, data);
    }
    case Compression::kXz: {
      lzma_stream stream = LZMA_STREAM_INIT;
      EXPECT_EQ(lzma_easy_encoder(&stream, 6, LZMA_CHECK_CRC32), LZMA_OK);
      return run_lzma(stream, data);
    }
    case Compression::kLz4: {
      out.clear();
      append(out, std::uint32_t{0x184c2102});
      constexpr std::size_t kBlock = 8u << 20;
      for (std::size_t at = 0; at < data.size(); at += kBlock) {
        const auto size = static_cast<int>(std::min(kBlock, data.size() - at));
        Bytes block(static_cast<std::size_t>(LZ4_compressBound(size)));
        const int made =
            LZ4_compress_default(reinterpret_cast<const char*>(data.data() + at),
                                 reinterpret_cast<char*>(block.data()), size, static_cast<int>(block.size()));
        append(out, static_cast<std::uint32_t>(made));
        out.insert(out.end(), block.begin(), block.begin() + made);
      }
      return out;
    }
    case Compression::kZstd:
      out.resize(ZSTD_compressBound(data.size()));
      out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 19));
      return out;
  }
  return {};
}

/// With the unpacked size behind it, which gzip's own trailer is.
inline Bytes compress(const Bytes& data, Compression how) {
  Bytes out = compress_only(data, how);
  if (how != Compression::kGzip) append(out, static_cast<std::uint32_t>(data.size()));
  return out;
}

inline constexpr std::size_t kPayloadAt = 1024 + 64;

inline Bytes build_bzimage(const Bytes& payload) {
  Bytes file(kPayloadAt);
  file[0x1f1] = 1;
  std::memcpy(file.data() + 0x202, "HdrS", 4);
  store(file, 0x206, std::uint16_t{0x020f});
  store(file, 0x248, std::uint32_t{64});
  store(file, 0x24c, static_cast<std::uint32_t>(payload.size()));
  file.insert(file.end(), payload.begin(), payload.end());
  file.resize(file.size() + 512);  // what follows the payload: the decompressor's data
  return file;
}

}  // namespace suture::test
