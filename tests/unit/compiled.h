// SPDX-License-Identifier: Apache-2.0
//
// Objects of small C sources, compiled as the kernel's are.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "elf/object.h"

namespace suture {

inline elf::Object compiled(const std::string& source, const std::vector<std::string>& more = {}) {
  const auto folder = TempDir::make("suture-test");
  EXPECT_TRUE(folder.has_value());
  const auto input = folder->path() / "unit.c";
  const auto output = folder->path() / "unit.o";
  EXPECT_TRUE(write_file(input, source).has_value());
  std::vector<std::string> command{"gcc",
                                   "-std=gnu11",
                                   "-O2",
                                   "-ffunction-sections",
                                   "-fdata-sections",
                                   "-fno-pic",
                                   "-mcmodel=kernel",
                                   "-mno-red-zone",
                                   "-fno-common",
                                   "-fcf-protection=none",
                                   "-fno-asynchronous-unwind-tables",
                                   "-pg",
                                   "-mfentry",
                                   "-c",
                                   input.string(),
                                   "-o",
                                   output.string()};
  command.insert(command.end(), more.begin(), more.end());
  const auto finished = run({.argv = command});
  EXPECT_TRUE(finished.has_value() && finished->status == 0) << (finished ? finished->err : "");
  auto object = elf::read_object(output);
  EXPECT_TRUE(object.has_value());
  return object ? std::move(*object) : elf::Object{};
}

}  // namespace suture
