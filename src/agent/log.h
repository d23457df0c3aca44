// SPDX-License-Identifier: Apache-2.0
//
// Lines on standard error; under systemd with the journal's priority in front (sd-daemon(3)).
#pragma once

#include <string_view>

#include "agent/journal.h"

namespace suture {

void log_info(std::string_view text);
void log_warning(std::string_view text);

/// For Agent's `watch`: what is being done.
void log_step(Step step);

}  // namespace suture
