// SPDX-License-Identifier: Apache-2.0
//
// Small sources, compiled before and after a change as kernel code is, and what comes of the pair.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/file.h"
#include "base/process.h"
#include "delta/delta.h"

namespace suture {

class SourcePair {
 public:
  SourcePair() {
    auto folder = TempDir::make("suture-test");
    EXPECT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }

  /// Compiles both; `suffix` ".c" or ".s".
  Result<Delta> delta(const std::string& before, const std::string& after, DeltaOptions options = {},
                      const std::string& suffix = ".c") {
    const auto original_path = TRY(compile("original", before, suffix));
    const auto patched_path = TRY(compile("patched", after, suffix));
    const DebugInfo original_debug = TRY(DebugInfo::read(original_path));
    const DebugInfo patched_debug = TRY(DebugInfo::read(patched_path));
    options.original_debug = &original_debug;
    options.patched_debug = &patched_debug;
    const elf::Object original = TRY(elf::read_object(original_path));
    const elf::Object patched = TRY(elf::read_object(patched_path));
    return make_delta(original, patched, "unit" + suffix, options);
  }

  /// The object's path.
  Result<std::filesystem::path> compile(const std::string& side, const std::string& text,
                                        const std::string& suffix = ".c") {
    const auto folder = folder_->path() / side;
    TRY(write_file(folder / ("unit" + suffix), text));
    Command gcc{.argv = {"gcc", "-c", "-O2", "-ffunction-sections", "-fdata-sections", "-pg", "-mfentry",
                         "-fno-pic", "-mcmodel=kernel", "-fcf-protection=none", "-fno-stack-protector",
                         "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing", "-w", "-o", "unit.o",
                         "unit" + suffix},
                .directory = folder};
    gcc.argv.insert(gcc.argv.end(), flags.begin(), flags.end());
    TRY(run_ok(gcc));
    return folder / "unit.o";
  }

  std::vector<std::string> flags{"-g"};

 private:
  std::optional<TempDir> folder_;
};

/// The texts of all notes, for tests that look for words.
inline std::string notes_of(const Delta& delta) {
  std::string text;
  for (const DeltaNote& note : delta.notes) text += note.code + ": " + note.text + "\n";
  return text;
}

}  // namespace suture
