// SPDX-License-Identifier: Apache-2.0
//
// Line numbers in code. A fix that adds a line moves all lines below it, and each `__LINE__` there becomes
// another constant. That alone is no change: nobody reads it but a person, in a message.
#pragma once

#include <cstdint>
#include <vector>

#include "delta/unit.h"

namespace suture {

/// Offsets, in the function, of the 4-byte constants that are line numbers: each is put into an argument
/// register, and the next call goes to a function known to take it for that and to do nothing with it but
/// print or record it.
std::vector<std::uint64_t> line_number_fields(const Unit& unit, const Atom& function);

}  // namespace suture
