// SPDX-License-Identifier: Apache-2.0
//
// The whole way from two objects to the one that is shipped. What is made of broken ones does not matter, but
// it must be an object, and of an object and itself nothing may come out.
//
// The input: number of bytes of the first object (4 bytes), which entry size to give, if any (4 bytes), that
// size (8 bytes), then the two objects.
#include "delta/delta.h"

#include <cstdlib>
#include <cstring>

#include "delta/record.h"
#include "delta/special_sections.h"
#include "delta/symbols.h"

namespace {

using namespace suture;

struct Header {
  std::uint32_t first = 0;
  std::uint32_t which = 0;
  std::uint64_t size = 0;
};

/// The original's own symbols as the kernel's: each must then be found, or be one of several.
void locate(const Delta& delta, const elf::Object& original) {
  std::string text = "00 T _stext\n";
  for (const elf::Symbol& symbol : original.symbols) {
    if (symbol.name.empty() || symbol.name.find_first_of(" \t\r\n") != std::string::npos) continue;
    text += "00" + std::to_string(symbol.value) + (symbol.binding == STB_LOCAL ? " t " : " T ") +
            symbol.name + "\n";
  }
  const auto table = SymbolTable::parse(text, "vmlinux", "symbols");
  if (!table) return;
  DeltaRecord record = make_delta_record(delta, "vmlinux");
  if (!locate_symbols(*table, delta, original, record)) return;
  elf::Object object = delta.object;
  write_delta_record(object, record);
  if (!read_delta_record(object)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Header header;
  if (size < sizeof(header)) return 0;
  std::memcpy(&header, data, sizeof(header));
  const ByteView objects(data + sizeof(header), size - sizeof(header));
  if (header.first > objects.size()) return 0;
  const auto original = elf::parse_object(objects.first(header.first), "original");
  const auto patched = elf::parse_object(objects.subspan(header.first), "patched");
  if (!original || !patched) return 0;
  DeltaOptions options;
  const auto names = table_entry_names();
  if (header.which < names.size()) options.entry_sizes.emplace(names[header.which], header.size);

  const auto delta = make_delta(*original, *patched, "unit", options);
  if (delta) {
    const auto bytes = elf::serialize(delta->object);
    if (bytes && !elf::parse_object(*bytes, "delta")) std::abort();
    locate(*delta, *original);
  }
  const auto nothing = make_delta(*original, *original, "unit", options);
  if (nothing && !nothing->empty()) std::abort();
  return 0;
}
