// SPDX-License-Identifier: Apache-2.0
//
// What machines showed of many patchsets, for people: a table on a terminal, a page in a browser.
#pragma once

#include <string>
#include <vector>

#include "qualify/matrix.h"

namespace suture {

/// A line for each, what failed, and what is to be known.
std::string matrix_text(const std::vector<MatrixEntry>& entries);
/// Of one: every step with the share of time that it took.
std::string qualification_text(const Qualification& qualification);
/// One file that needs no other: each check with its time, logs folded.
std::string matrix_html(const std::vector<MatrixEntry>& entries);
Json matrix_json(const std::vector<MatrixEntry>& entries);

struct StepTime {
  std::string engine{};  ///< empty: of none
  std::string step{};
  std::size_t checks = 0;
  double seconds = 0;
  bool operator==(const StepTime&) const = default;
};
/// The steps in their order, engine by engine, with the seconds of their checks; what is left, such as
/// booting, comes last.
std::vector<StepTime> time_by_step(const Qualification& qualification);

/// Text that is no markup, for HTML and XML; control characters become "?".
std::string escaped(std::string_view text);

}  // namespace suture
