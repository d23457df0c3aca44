// SPDX-License-Identifier: Apache-2.0
//
// What a module's name tells of it: "suture_3" is level 3 for the kernel's livepatch, "suture_stop_3" the
// same for the stop-machine engine, "suture" that engine itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace suture {

inline constexpr const char* kEngineModule = "suture";

/// The N of "suture_N" and "suture_stop_N"; nothing for other names.
std::optional<std::uint32_t> level_of_module(std::string_view name);

/// Whom such a module is made for; empty for other names.
std::string_view engine_of_module(std::string_view name);

}  // namespace suture
