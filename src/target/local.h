// SPDX-License-Identifier: Apache-2.0
//
// Kernels of this machine's own making, and those of distributions that suture knows nothing of: parts which
// are there already, as files.
#pragma once

#include <memory>

#include "target/distribution.h"
#include "target/given_files.h"

namespace suture {

std::unique_ptr<Distribution> make_local(const GivenFiles& given);

}  // namespace suture
