// SPDX-License-Identifier: Apache-2.0
//
// A unit against a shipped module, and against itself: what is in either must not matter but for the answer.
//
// The input: number of bytes of the unit's object (4 bytes), then it and the module.
#include "build/evidence.h"

#include <cstdlib>
#include <cstring>

#include "build/difference_text.h"
#include "image/shipped_module.h"

namespace {

using namespace suture;

void compare(const Unit& unit, ByteView module) {
  const auto shipped = ShippedModule::parse(module, "shipped");
  if (!shipped) return;
  const Evidence evidence = check_against_shipped(unit, *shipped);
  if (evidence.record.functions_equal + evidence.record.different.size() !=
      evidence.record.functions_compared)
    std::abort();
  for (AtomId id = 0; id < unit.atoms().size(); ++id) {
    const Atom& atom = unit.atom(id);
    const bool named = atom.kind == AtomKind::kFunction && atom.symbol != elf::kUndefined;
    if (!named || atom.size == 0 || evidence.proven[id]) continue;
    difference_text(unit, id, find_difference(unit, evidence, id, *shipped), *shipped);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t first = 0;
  if (size < sizeof(first)) return 0;
  std::memcpy(&first, data, sizeof(first));
  const ByteView objects(data + sizeof(first), size - sizeof(first));
  if (first > objects.size()) return 0;
  const auto object = elf::parse_object(objects.first(first), "unit");
  if (!object) return 0;
  const auto unit = Unit::cut(*object, "unit.c");
  if (!unit) return 0;
  compare(*unit, objects.subspan(first));
  compare(*unit, objects.first(first));
  return 0;
}
