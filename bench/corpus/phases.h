// SPDX-License-Identifier: Apache-2.0
//
// What is done with the units of a corpus: three phases, each going on from what the one before left in the
// results folder, each leaving alone what it did already.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "corpus/record.h"
#include "target/target.h"

namespace suture::corpus {

struct Corpus {
  Target target;
  Results results;
  std::vector<Entry> entries;
  unsigned jobs = 1;       ///< units to work on at once
  unsigned machines = 1;   ///< to run at once
  std::size_t batch = 20;  ///< patches to try in one boot
};

/// Compiles each unit from the target's source, and with the newer file in that source's place.
Result<void> compile_phase(const Corpus& corpus, const std::filesystem::path& new_source, Progress& progress);

/// Makes the delta of each pair, proves it against the kernel that is shipped, and links a module.
Result<void> delta_phase(const Corpus& corpus, Progress& progress);

/// Loads, enables, disables and removes each module in the kernel that it is for, under load. A kernel that
/// complains counts against the patch in hand; the rest of its batch goes on in a machine booted anew.
Result<void> vm_phase(const Corpus& corpus, Progress& progress);

}  // namespace suture::corpus
