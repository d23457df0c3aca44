// SPDX-License-Identifier: Apache-2.0
#include "agent/resident.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

namespace suture {
namespace {

bool is_ours_to_let_go(const struct dl_phdr_info& object) {
  const std::string_view name = object.dlpi_name;
  const std::string_view file = name.substr(name.rfind('/') + 1);
  return !file.starts_with("libc.") && !file.starts_with("ld-") && !file.starts_with("linux-vdso");
}

/// Never a segment that may be written: what was written into it is nowhere else.
int let_go(struct dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
  if (!is_ours_to_let_go(*object)) return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_memory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(let_go, nullptr);
}

}  // namespace suture
