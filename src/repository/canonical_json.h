// SPDX-License-Identifier: Apache-2.0
//
// The bytes which TUF signs: OLPC canonical JSON (https://wiki.laptop.org/go/Canonical_JSON). No white
// space, keys in byte order, only `"` and `\` escaped in strings, integers only.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture::tuf {

/// "repository.not-canonical" for a fraction, and for an integer that does not fit 64 bits.
Result<std::string> canonical_json(const Json& value);

}  // namespace suture::tuf
