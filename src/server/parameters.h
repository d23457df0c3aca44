// SPDX-License-Identifier: Apache-2.0
//
// What the API's handlers take out of a request's query.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "server/wire/http.h"

namespace suture::server {

inline constexpr std::uint32_t kMostPerPage = 1000;
inline constexpr std::uint32_t kPerPage = 100;

/// All of these are "request.parameter".
std::unexpected<Error> bad_parameter(std::string_view name, std::string why);
/// From 1 to `most`; `absent` when it is not given.
Result<std::int64_t> number_parameter(const Target& target, const char* name, std::int64_t absent,
                                      std::int64_t most);
/// What stands for ID in a path, where it is a number from 1 on; nothing for anything else.
std::optional<std::int64_t> number_of_path(std::string_view id);
/// Of 1 to 512 bytes; empty when it is not given.
Result<std::string> text_parameter(const Target& target, const char* name);
/// A misspelt parameter would silently list more than was asked for.
Result<void> only_parameters(const Target& target, std::initializer_list<std::string_view> known);

}  // namespace suture::server
