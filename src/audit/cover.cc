// SPDX-License-Identifier: Apache-2.0
#include "audit/cover.h"

#include <queue>
#include <utility>

namespace suture {

std::vector<Covered> greedy_cover(const std::vector<std::vector<std::size_t>>& sets,
                                  const std::vector<std::size_t>& weights) {
  std::vector<bool> removed(weights.size());
  const auto gain = [&](std::size_t choice) {
    std::vector<bool> seen(weights.size());
    std::size_t sum = 0;
    for (const std::size_t element : sets[choice]) {
      if (element >= weights.size() || removed[element] || seen[element]) continue;
      seen[element] = true;
      sum += weights[element];
    }
    return sum;
  };
  // What a set adds only gets less, so an old figure is an upper bound: only the best needs a new one.
  using Entry = std::pair<std::size_t, std::size_t>;  // gain; sets.size() - choice, so that the first wins
  std::priority_queue<Entry> best;
  for (std::size_t i = 0; i < sets.size(); ++i) best.emplace(gain(i), sets.size() - i);
  std::vector<Covered> result;
  std::size_t total = 0;
  while (!best.empty()) {
    const auto [old, key] = best.top();
    best.pop();
    const std::size_t choice = sets.size() - key;
    const std::size_t now = gain(choice);
    if (now == 0) continue;
    if (now < old) {
      best.emplace(now, key);
      continue;
    }
    for (const std::size_t element : sets[choice]) {
      if (element < removed.size()) removed[element] = true;
    }
    total += now;
    result.push_back({.choice = choice, .newly = now, .total = total});
  }
  return result;
}

}  // namespace suture
