// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/waves.h"

#include <algorithm>

namespace suture::server {
namespace {

constexpr std::uint64_t kNumbers = std::uint64_t{1} << 32;

/// The last step of MurmurHash3 (public domain, Austin Appleby): each bit of the input moves each of the
/// output.
std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  value ^= value >> 33;
  return value;
}

}  // namespace

std::uint32_t host_number(std::int64_t rollout, std::string_view host_id) {
  // FNV-1a over the id, which keeps ids apart that differ by little; its own bits are not even enough.
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ mixed(static_cast<std::uint64_t>(rollout));
  for (const char c : host_id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return static_cast<std::uint32_t>(mixed(hash) >> 32);
}

std::uint64_t share_threshold(Share share, std::vector<std::uint32_t> numbers) {
  // All are also those that come later.
  if (numbers.empty() || share >= kAll) return kNumbers * std::min(share, kAll) / kAll;
  const std::uint64_t wanted =
      std::clamp<std::uint64_t>((numbers.size() * std::uint64_t{share} + kAll - 1) / kAll, 1, numbers.size());
  const auto last = numbers.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
  std::ranges::nth_element(numbers, last);
  return std::uint64_t{*last} + 1;
}

bool is_selected(const Selector& selector, std::uint64_t threshold, std::uint32_t number,
                 std::string_view host_id, const Membership& member) {
  if (number >= threshold) return false;
  return (selector.group.empty() && selector.tag.empty()) || member(selector, host_id);
}

std::size_t first_wave_of(const Rollout& rollout, std::string_view host_id, const Membership& member) {
  const std::uint32_t number = host_number(rollout.id, host_id);
  for (std::size_t i = 0; i < rollout.begun.size() && i < rollout.course.waves.size(); ++i) {
    if (is_selected(rollout.course.waves[i].hosts, rollout.begun[i].threshold, number, host_id, member)) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace suture::server
