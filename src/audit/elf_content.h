// SPDX-License-Identifier: Apache-2.0
//
// What a program or shared library says of itself: its build-id, its name, and which of certain symbols it
// defines. Of 32 and 64 bits, little-endian; foreign bytes throughout (System V ABI, "Object Files").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace suture {

struct ElfSymbolPlace {
  std::string name{};
  std::uint64_t offset = 0;  ///< in the file; 0: it has no bytes there
  std::uint64_t size = 0;
};

struct ElfContent {
  std::string build_id{};  ///< lower-case hexadecimal; empty: none
  std::string soname{};    ///< empty: none
  std::vector<ElfSymbolPlace> symbols{};
};

/// "audit.not-elf" for anything that has no such header. Tables that lead out of the bytes are passed over,
/// so the beginning of a file will do for the build-id. Of the symbols that are defined there, those of
/// `wanted`.
Result<ElfContent> parse_elf_content(ByteView bytes, std::span<const std::string_view> wanted = {});

}  // namespace suture
