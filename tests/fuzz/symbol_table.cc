// SPDX-License-Identifier: Apache-2.0
//
// The symbols of a kernel, as nm or /proc/kallsyms prints them: each that was read is found by its name.
#include "delta/symbol_table.h"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace suture;
  for (const char* object : {"vmlinux", "loop"}) {
    const auto table =
        SymbolTable::parse(std::string(reinterpret_cast<const char*>(data), size), object, "input");
    if (!table) continue;
    // Equal names many times over would make this quadratic, and say nothing more.
    const std::size_t looked_at = std::min<std::size_t>(table->by_address().size(), 64);
    for (std::size_t i = 0; i < looked_at; ++i) {
      const TableSymbol* symbol = table->by_address()[i];
      const auto found = table->find(symbol->name);
      if (std::ranges::find(found, symbol) == found.end() || !table->mentions(symbol->name)) std::abort();
      (void)table->in_kernel_order(symbol->name);
    }
  }
  return 0;
}
