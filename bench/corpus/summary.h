// SPDX-License-Identifier: Apache-2.0
//
// What came out for all units of a corpus, in numbers and by name.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/record.h"

namespace suture::corpus {

enum class Outcome : std::uint8_t {
  kDoesNotCompile,  ///< not by itself: it needs other files of the newer source, or ones that a build makes
  kUnchanged,       ///< it does the same
  kPatched,
  kRefused,        ///< for a reason that has a code
  kInternalError,  ///< what should not happen
  kOpen,           ///< not known yet
};

Outcome outcome_of(const Record& record);
/// Of a patched one: "passed", "failed", "open".
std::string vm_outcome_of(const Record& record);
/// The failure which decided the outcome; nothing when there is none.
const Failure* failure_that_counts(const Record& record);

/// A table with one line for each outcome, below it the reason codes.
std::string outcome_table(const std::vector<Record>& records);
/// The same numbers for programs, and each unit with its outcome.
Json summary_json(const std::vector<Record>& records);
/// A page: `head` (what was run), the table, and by name all that was not patched, with its reason.
std::string markdown_page(const std::vector<Record>& records, const std::string& head);

/// Units that must not be: internal errors, and patches that failed in the machine.
std::size_t count_failed(const std::vector<Record>& records);

}  // namespace suture::corpus
