// SPDX-License-Identifier: Apache-2.0
//
// What a module for the stop-machine engine tells of symbols that the kernel does not export (struct
// suture_symbol and suture_relocation, kmod/suture_patch.h). Those of the kernel are addressed by their
// distance from one that it does export, so the engine has nothing to fill in, only to prove that they are
// there. Those of modules it fills in, place by place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "module/link.h"

namespace suture {

struct LateSymbol {
  std::string object;
  std::string name;
  std::uint32_t sympos = 0;
  bool of_module() const { return object != "vmlinux"; }
  bool operator==(const LateSymbol&) const = default;
};

struct LatePlace {
  std::size_t part = 0;  ///< index into the deltas
  std::uint32_t section = 0;
  std::uint64_t offset = 0;  ///< in the section
  std::uint32_t type = 0;    ///< R_X86_64_*
  std::int64_t addend = 0;
  std::size_t symbol = 0;  ///< index into LateTables::symbols
  std::string patches{};   ///< as LinkPart::patches
};

struct LateTables {
  std::vector<LateSymbol> symbols{};
  std::vector<SymbolSource> sources{};  ///< of each
  std::vector<LatePlace> places{};
};

/// In the order of the deltas and their relocations.
LateTables late_tables(const std::vector<LinkPart>& deltas);

}  // namespace suture
