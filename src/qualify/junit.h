// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "qualify/vm.h"

namespace suture {

/// The results in the XML that CI systems read: one suite, one test case for each check and one for the
/// kernel.
std::string junit_report(const VmResult& result, const std::string& suite);

}  // namespace suture
