// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace suture {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string row_text(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  return line + "\n";
}

}  // namespace

std::string coloured(std::string_view text, Colour colour) {
  static const bool enabled = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (!enabled) return std::string(text);
  constexpr std::array<std::string_view, 5> kCodes{"31", "32", "33", "2", "1"};
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  widths.reserve(head.size());
  for (const auto& cell : head) widths.push_back(width_of(cell));
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text = row_text(head, widths);
  for (const auto& row : rows) text += row_text(row, widths);
  return text;
}

std::string human_size(std::uintmax_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

Progress::Progress(std::string title)
    : title_(std::move(title)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {
  step("");
}

Progress::Progress(Progress& whole, std::string title)
    : title_(std::move(title)), whole_(&whole), terminal_(whole.terminal_), start_(whole.start_) {}

Progress::~Progress() {
  if (terminal_ && whole_ == nullptr) std::fputs("\r\033[K", stderr);
}

void Progress::step(std::string_view text) {
  if (!terminal_) return;
  Progress& line = whole_ == nullptr ? *this : *whole_;
  const std::scoped_lock lock(line.mutex_);
  if (whole_ != nullptr) return line.draw(fmt::format("{} {}: {}", line.bar_, title_, text));
  bar_.clear();
  draw(text);
}

void Progress::step(std::string_view text, std::uintmax_t done, std::uintmax_t total) {
  constexpr std::uintmax_t kWidth = 24;
  if (whole_ != nullptr) return step(fmt::format("{} ({} of {})", text, done, total));
  const std::uintmax_t filled = total == 0 ? kWidth : std::min(kWidth, done * kWidth / total);
  const std::scoped_lock lock(mutex_);
  bar_ = fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", kWidth - filled);
  draw(fmt::format("{} {}", bar_, text));
}

void Progress::draw(std::string_view text) {
  if (!terminal_) return;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  std::fputs(fmt::format("\r\033[K{} {:4.1f} s  {}", title_, spent.count(), text).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace suture
