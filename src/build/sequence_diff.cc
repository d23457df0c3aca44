// SPDX-License-Identifier: Apache-2.0
#include "build/sequence_diff.h"

#include <algorithm>
#include <cstdint>

namespace suture {

CommonParts common_parts(std::size_t before, std::size_t after,
                         const std::function<bool(std::size_t, std::size_t)>& equal) {
  CommonParts common{.before = std::vector<bool>(before, false), .after = std::vector<bool>(after, false)};
  const auto pair = [&](std::size_t i, std::size_t j) { common.before[i] = common.after[j] = true; };
  std::size_t first = 0;
  for (; first < std::min(before, after) && equal(first, first); ++first) pair(first, first);
  while (before > first && after > first && equal(before - 1, after - 1)) pair(--before, --after);
  const std::size_t rows = before - first;
  const std::size_t columns = after - first;
  constexpr std::size_t kMostCells = 4u << 20;
  if (rows == 0 || columns == 0 || rows > kMostCells / columns) return common;

  // length[i][j]: of the longest one of what is left from there.
  std::vector<std::uint32_t> length((rows + 1) * (columns + 1), 0);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
    return length[i * (columns + 1) + j];
  };
  std::vector<bool> same(rows * columns);
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      same[i * columns + j] = equal(first + i, first + j);
      cell(i, j) = same[i * columns + j] ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
    if (same[i * columns + j])
      pair(first + i++, first + j++);
    else if (cell(i + 1, j) >= cell(i, j + 1))
      ++i;
    else
      ++j;
  }
  return common;
}

}  // namespace suture
