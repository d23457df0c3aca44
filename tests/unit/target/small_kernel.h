// SPDX-License-Identifier: Apache-2.0
//
// The files of a kernel that has next to nothing in it, but all that makes it one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "../image/kernel_builder.h"
#include "base/file.h"
#include "target/store.h"

namespace suture::test {

inline constexpr const char* kSmallRelease = "6.1.0-1-test";  // as in the image's banner
inline constexpr const char* kSmallConfig =
    "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.9 Kernel Configuration\n#\n"
    "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian) 12.2\"\nCONFIG_CC_IS_GCC=y\nCONFIG_X86_64=y\nCONFIG_MODULES=y\n"
    "CONFIG_OBJTOOL=y\nCONFIG_LIVEPATCH=y\n";

inline void put(const std::filesystem::path& file, std::string_view text, unsigned mode = 0644) {
  const auto written = write_file(file, text, mode);
  ASSERT_TRUE(written) << written.error().message();
}

inline void put_small_image(const std::filesystem::path& file) {
  const auto written = write_file(file, build_vmlinux(build_segment().bytes));
  ASSERT_TRUE(written) << written.error().message();
}

/// What a build makes beside the image: also what a package for building modules holds.
inline void put_small_headers(const std::filesystem::path& folder) {
  put(folder / ".config", kSmallConfig);
  put(folder / "Module.symvers", "0x1\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
  put(folder / "include/config/auto.conf", "CONFIG_MODULES=y\n");
  put(folder / "include/config/kernel.release", std::string(kSmallRelease) + "\n");
  put(folder / "include/generated/utsrelease.h",
      "#define UTS_RELEASE \"" + std::string(kSmallRelease) + "\"\n");
  put(folder / "include/generated/autoconf.h", "#define CONFIG_MODULES 1\n");
  put(folder / "arch/x86/include/generated/asm/kvm_para.h", "\n");
  for (const char* tool : {"scripts/basic/fixdep", "scripts/mod/modpost", "tools/objtool/objtool"})
    put(folder / tool, "#!/bin/sh\n", 0755);
}

inline void put_small_source(const std::filesystem::path& folder) {
  put(folder / "Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 9\nEXTRAVERSION =\nNAME = X\n");
  put(folder / "Kconfig", "mainmenu \"Linux\"\n");
  put(folder / "net/core/sock.c", "int sock;\n");
}

/// The code of the refusal, "" when there was none; and nothing may be left of the attempt.
inline std::string refusal_of(const Result<Target>& added, const TargetStore& store) {
  EXPECT_TRUE(store.list()->empty());
  EXPECT_FALSE(std::filesystem::exists(store.folder() / "sources"));
  EXPECT_FALSE(std::filesystem::exists(store.folder() / "tmp/target"));
  return added ? "" : added.error().code;
}

}  // namespace suture::test
