// SPDX-License-Identifier: Apache-2.0
#include "elf/livepatch_names.h"

#include <gtest/gtest.h>

namespace suture::elf {
namespace {

TEST(LivepatchSymbol, IsObjectNameAndPosition) {
  const auto symbol = parse_livepatch_symbol(".klp.sym.vmlinux.count.42,3");
  ASSERT_TRUE(symbol.has_value());
  EXPECT_EQ(symbol->object, "vmlinux");
  EXPECT_EQ(symbol->name, "count.42");
  EXPECT_EQ(symbol->sympos, 3u);
}

TEST(LivepatchSymbol, IsNoneWithoutAllItsParts) {
  for (const char* name :
       {"printk", "", ".klp.sym.", ".klp.sym.vmlinux", ".klp.sym.vmlinux.", ".klp.sym..f,0",
        ".klp.sym.vmlinux.f", ".klp.sym.vmlinux.,0", ".klp.sym.vmlinux.f,", ".klp.sym.vmlinux.f,1x",
        ".klp.sym.vmlinux.f,99999999999", ".klp.rela.vmlinux.f,0"}) {
    EXPECT_FALSE(parse_livepatch_symbol(name).has_value()) << name;
  }
}

TEST(LivepatchRelocations, NameObjectAndSection) {
  const auto relocations = parse_livepatch_relocations(".klp.rela.vsock..text");
  ASSERT_TRUE(relocations.has_value());
  EXPECT_EQ(relocations->object, "vsock");
  EXPECT_EQ(relocations->section, ".text");
  EXPECT_FALSE(parse_livepatch_relocations(".rela.text").has_value());
  EXPECT_FALSE(parse_livepatch_relocations(".klp.rela.vsock").has_value());
}

}  // namespace
}  // namespace suture::elf
