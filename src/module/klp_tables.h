// SPDX-License-Identifier: Apache-2.0
//
// What a module of ours replaces, read back from the tables that it gives to its engine (src/module/glue.cc),
// and from its own of exit functions (src/module/runtime/exit.c).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elf/object.h"

namespace suture {

/// One struct klp_func, suture_function or suture_exit.
struct KlpFunction {
  std::string object;        ///< "vmlinux", or a module
  std::string name;          ///< of the function that is replaced
  std::uint32_t sympos = 0;  ///< as ReplacedFunction::sympos
  std::uint32_t symbol = 0;  ///< the new code, index into Object::symbols
};

/// In the tables' order. Empty when the module has none that we could have written.
std::vector<KlpFunction> read_klp_tables(const elf::Object& module);

/// One struct suture_symbol (kmod/suture_patch.h): what the stop-machine engine looks up.
struct EngineSymbol {
  std::string object;  ///< "vmlinux", or a module
  std::string name;
  std::uint32_t sympos = 0;  ///< as ReplacedFunction::sympos
  std::uint64_t places = 0;  ///< that the engine fills in; of the kernel's symbols it only proves the address
};

/// In the table's order.
std::vector<EngineSymbol> read_engine_symbols(const elf::Object& module);

/// Whether the module is for the stop-machine engine.
bool is_for_stop_machine(const elf::Object& module);

/// True for what the glue defines: its tables and what every module has.
bool is_glue(const elf::Symbol& symbol);

}  // namespace suture
