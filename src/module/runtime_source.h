// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// The text of runtime/suture.h, and of runtime/effects.h, exit.c and suture.c. The glue's tables stand
/// between. Behind them comes what the one engine or the other calls.
extern const std::string_view kRuntimeTypes;
extern const std::string_view kRuntimeCode;
/// runtime/reload.c and klp.c.
extern const std::string_view kRuntimeKlp;
/// kmod/suture_patch.h, and runtime/stop_machine.c.
extern const std::string_view kStopMachineTypes;
extern const std::string_view kRuntimeStopMachine;

}  // namespace suture
