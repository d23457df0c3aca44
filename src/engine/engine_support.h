// SPDX-License-Identifier: Apache-2.0
//
// Which engines could be used on this host, for people.
#pragma once

#include <string>
#include <vector>

#include "engine/host.h"

namespace suture {

struct EngineSupport {
  std::string engine;
  bool usable = false;  ///< for all that can be seen without trying
  std::string text;     ///< "it holds suture_stop_3", or why it is not to be used
};

/// Each engine that there is.
std::vector<EngineSupport> find_engine_support(const HostPaths& paths);

}  // namespace suture
