// SPDX-License-Identifier: Apache-2.0
//
// Which few actions remove most findings. To choose the fewest is set cover, which is NP-hard; to take again
// and again the one that removes most of what is left is at most ln(n) times worse, and people can follow it.
#pragma once

#include <cstddef>
#include <vector>

namespace suture {

struct Covered {
  std::size_t choice = 0;  ///< index of the set
  std::size_t newly = 0;   ///< weight that nothing before it removed
  std::size_t total = 0;   ///< removed by it and all before
};

/// Each set holds indices below weights.size(). Sets that add nothing are left out; of equal ones, the first.
std::vector<Covered> greedy_cover(const std::vector<std::vector<std::size_t>>& sets,
                                  const std::vector<std::size_t>& weights);

}  // namespace suture
