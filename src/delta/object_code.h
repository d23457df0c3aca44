// SPDX-License-Identifier: Apache-2.0
//
// The functions of a relocatable object, as people read them: what its relocations name stands for the zeros
// that they will fill, strings stand for their addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delta/disassembly.h"
#include "elf/object.h"

namespace suture {

class ObjectCode {
 public:
  /// `object` must outlive it.
  explicit ObjectCode(const elf::Object& object);

  /// Symbols of functions with code, by section and offset; indices into Object::symbols.
  const std::vector<std::uint32_t>& functions() const { return functions_; }
  std::vector<std::uint32_t> find(std::string_view name) const;
  /// Up to the next symbol where the symbol itself does not say, as in assembly.
  std::uint64_t size_of(std::uint32_t function) const;
  Listing list(std::uint32_t function, Syntax syntax) const;

 private:
  std::optional<PlaceName> name_of(const elf::Relocation& relocation, const CodeField& field) const;
  PlaceName place(std::uint32_t section, std::int64_t offset) const;

  const elf::Object& object_;
  std::vector<std::uint32_t> functions_;
  std::vector<std::vector<std::uint32_t>> named_;  ///< by section: symbols with a name, by offset
};

/// "f", "f+0x10", "f-0x8".
std::string name_and_offset(std::string_view name, std::int64_t offset);
/// The same, ready for comparison: of a branch into another function, as between a function and its cold
/// part, the offset moves with every change, and says nothing.
PlaceName named_place(std::string_view name, std::int64_t offset, bool branch);

/// Those of `names` that a person may have meant, the nearest first.
std::vector<std::string> similar_names(const std::vector<std::string>& names, std::string_view wanted);

}  // namespace suture
