// SPDX-License-Identifier: Apache-2.0
//
// What two sequences have in common, in one order: a longest common subsequence, where that is affordable.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace suture {

struct CommonParts {
  std::vector<bool> before;  ///< which elements of the first sequence are in the second as well
  std::vector<bool> after;   ///< and the other way round; as many
};

/// `equal(i, j)`: element i of the first sequence is element j of the second. Where the middle parts are long
/// and differ, none of their elements counts as common.
CommonParts common_parts(std::size_t before, std::size_t after,
                         const std::function<bool(std::size_t, std::size_t)>& equal);

}  // namespace suture
