// SPDX-License-Identifier: Apache-2.0
//
// The work of `suture delta`, whoever read its command line.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/outcome.h"

namespace suture::cli {

struct DeltaArguments {
  std::string original;                  ///< object of the unpatched source
  std::string patched;                   ///< object of the patched source, compiled alike
  std::string output;                    ///< object to write
  std::string object = "vmlinux";        ///< what the unit is part of: vmlinux, or a module
  std::string symbols;                   ///< file with the object's symbols; empty: unknown
  std::string unit;                      ///< name in messages; empty: as the object says
  std::vector<std::string> entry_sizes;  ///< "jump_entry=16"
};

/// Yields kOk, or kUnchanged, or an error, of which delta_failure_status() tells the exit status.
Result<int> run_delta(const DeltaArguments& arguments, bool json);
int delta_failure_status(const Error& error);

}  // namespace suture::cli
