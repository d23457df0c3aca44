// SPDX-License-Identifier: Apache-2.0
#include "engine/patch_module.h"

#include <charconv>

#include "patchset/patchset.h"

namespace suture {
namespace {

constexpr std::string_view kPrefix = "suture_";
constexpr std::string_view kStopPrefix = "suture_stop_";

}  // namespace

std::optional<std::uint32_t> level_of_module(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits =
      name.substr(name.starts_with(kStopPrefix) ? kStopPrefix.size() : kPrefix.size());
  std::int32_t level = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), level);
  if (error != std::errc() || end != digits.data() + digits.size() || level <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(level);
}

std::string_view engine_of_module(std::string_view name) {
  if (!level_of_module(name)) return {};
  return name.starts_with(kStopPrefix) ? kStopMachineEngine : kKlpEngine;
}

}  // namespace suture
