// SPDX-License-Identifier: Apache-2.0
//
// The heap grows by moving the break. Large pages begin at multiples of their size, and the kernel gives one
// only where no small page was touched before. So the break is moved to right below such a place, and the
// heap made to grow from there, by so much at once that it need not grow again.
#include "cli/front/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace suture::cli {

void take_memory_in_large_pages() {
  constexpr std::uintptr_t kLargePage = 2u << 20;
  constexpr std::uintptr_t kSmallPage = 4096;
  constexpr std::size_t kSmallest = 2048;
  constexpr int kRoom = 32 << 20;  // addresses, which cost nothing; what lies beyond is as usual
  mallopt(M_MMAP_THRESHOLD, kRoom);
  mallopt(M_TRIM_THRESHOLD, kRoom);
  mallopt(M_TOP_PAD, kRoom);

  // What is left of the small pages is put aside, untouched. (Volatile: else the compiler sees no use in it.)
  const std::size_t left = mallinfo2().keepcost;
  [[maybe_unused]] void* volatile aside = left > kSmallest ? std::malloc(left - kSmallest) : nullptr;

  auto* const end = static_cast<char*>(sbrk(0));
  const std::uintptr_t beyond = (reinterpret_cast<std::uintptr_t>(end) + kSmallPage) % kLargePage;
  const std::uintptr_t gap = beyond == 0 ? 0 : kLargePage - beyond;
  char* const begin = end + kSmallPage + gap;
  if (sbrk(static_cast<std::intptr_t>(gap)) != end) return;
  // More than is left: the heap grows. This, and the note of how large the rest is, lie in the last small
  // page.
  aside = std::malloc(kSmallest + 64);
  auto* const grown = static_cast<char*>(sbrk(0));
  if (grown > begin) madvise(begin, static_cast<std::size_t>(grown - begin), MADV_HUGEPAGE);
}

}  // namespace suture::cli
