// SPDX-License-Identifier: Apache-2.0
//
// What a person sees: progress of long work, tables, and colours where a terminal is on the other end.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace suture {

enum class Colour { kRed, kGreen, kYellow, kDim, kBold };

/// `text` in that colour when standard output is a terminal and NO_COLOR is not set; else unchanged.
std::string coloured(std::string_view text, Colour colour);

/// Columns as wide as their longest cell, two spaces apart. UTF-8 aware; cells hold no line breaks.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

/// "3.2 MB", "512 B".
std::string human_size(std::uintmax_t bytes);

/// One long operation, as a line on standard error which names the present step; silent unless standard
/// error is a terminal. The line is erased when the operation ends.
class Progress {
 public:
  explicit Progress(std::string title);
  /// A part of it, in a thread beside others: its steps are shown behind the whole's bar. The whole must
  /// outlive it.
  Progress(Progress& whole, std::string title);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void step(std::string_view text);
  /// A bar for `done` of `total`.
  void step(std::string_view text, std::uintmax_t done, std::uintmax_t total);

 private:
  void draw(std::string_view text);

  std::string title_;
  Progress* whole_ = nullptr;
  std::mutex mutex_;  ///< of the whole: for the line, and what it shows
  std::string bar_;   ///< stays while the parts go on
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace suture
