// SPDX-License-Identifier: Apache-2.0
//
// The bundler's blob, as it is, among this program's read-only bytes.
#include "server/page/page.h"

namespace suture::server {

#ifdef SUTURE_PAGE_BLOB

__asm__(
    ".pushsection .rodata\n"
    ".global suture_page_begin\n"
    "suture_page_begin:\n"
    ".incbin \"" SUTURE_PAGE_BLOB
    "\"\n"
    ".global suture_page_end\n"
    "suture_page_end:\n"
    ".popsection\n");
extern "C" const char suture_page_begin[];
extern "C" const char suture_page_end[];

namespace {
constexpr PageFile kFiles[] = {
#include "page_table.inc"
};
}  // namespace

const WebPage* built_page() {
  static const WebPage page{
      kFiles, {suture_page_begin, static_cast<std::size_t>(suture_page_end - suture_page_begin)}};
  return &page;
}

#else

const WebPage* built_page() {
  return nullptr;
}

#endif

}  // namespace suture::server
