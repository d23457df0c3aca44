// SPDX-License-Identifier: Apache-2.0
//
// Machine code as people read it: one line an instruction, places by name instead of number.
//
// Two builds of one function hardly share an address. So a line has two forms: `text`, for the reader, and
// `key`, which is equal where instructions do the same; and a jump within the function knows the line it
// leads to, not a number. Labels are made late, when it is known which listings stand side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace suture {

enum class Syntax : std::uint8_t { kAtt, kIntel };

/// What an instruction says in numbers, and what may stand for a place.
struct CodeField {
  enum class Use : std::uint8_t {
    kBranch,  ///< the target of a call or jump
    kMemory,  ///< an address of memory, or its part beside registers
    kValue,   ///< a plain number, or an address that is taken
  };
  std::uint64_t offset = 0;  ///< of the field, in the code
  std::uint8_t bias = 0;     ///< bytes from the field's start to the end of its instruction
  Use use = Use::kValue;
  bool per_cpu = false;     ///< behind %gs, where the kernel keeps what each processor has for itself
  std::uint64_t value = 0;  ///< sign-extended; of relative fields the address that results
};

/// How a place is called.
struct PlaceName {
  std::string text;
  std::string key;  ///< the same without what compilers number anew
};

/// Nothing: the field is a number, or a place in the function itself.
using Symboliser = std::function<std::optional<PlaceName>(const CodeField&)>;

inline constexpr std::size_t kNoLine = SIZE_MAX;

struct CodeLine {
  std::uint64_t offset = 0;  ///< in the function
  std::uint8_t size = 0;     ///< bytes
  std::string text;          ///< of a jump within the function without its target, which is one of `lines`
  std::string key;
  std::size_t target = kNoLine;  ///< index of the line that it jumps to

  std::string_view mnemonic() const { return std::string_view(key).substr(0, key.find(' ')); }
};

struct Listing {
  Bytes code;
  std::vector<CodeLine> lines;  ///< by offset, without gaps

  ByteView bytes(const CodeLine& line) const { return ByteView(code).subspan(line.offset, line.size); }
};

/// `address` is that of the first byte. Bytes that are no instruction stand as `.byte`.
Listing disassemble(ByteView code, std::uint64_t address, const Symboliser& name_of, Syntax syntax);

/// Text that a terminal can be given: control characters and what is not UTF-8 are written as in C.
std::string printable(std::string_view text);
/// The zero-terminated text at the start of `bytes`, quoted; nothing when it does not look like one.
std::optional<PlaceName> string_literal(ByteView bytes);

}  // namespace suture
