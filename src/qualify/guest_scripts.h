// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

extern const std::string_view kGuestInit;         ///< guest/init
extern const std::string_view kGuestLibrary;      ///< guest/lib.sh
extern const std::string_view kGuestProbes;       ///< guest/probes.sh
extern const std::string_view kGuestTries;        ///< guest/tries.sh
extern const std::string_view kGuestKlp;          ///< guest/engine/klp.sh
extern const std::string_view kGuestStopMachine;  ///< guest/engine/stopmachine.sh
extern const std::string_view kQualifyScript;     ///< guest/qualify.sh
extern const std::string_view kCostScript;        ///< guest/cost.sh
extern const std::string_view kProbeHeader;       ///< include/suture/probe.h

}  // namespace suture
