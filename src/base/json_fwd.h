// SPDX-License-Identifier: Apache-2.0
//
// The name of a JSON value, for headers that only pass them on: the library's own header takes a compiler
// longer than most files of ours.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace suture {

using Json = nlohmann::json;

}  // namespace suture
