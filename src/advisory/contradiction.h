// SPDX-License-Identifier: Apache-2.0
//
// Where sources cannot all be right.
#pragma once

#include <vector>

#include "advisory/advisory.h"

namespace suture {

/// A catalogue of scores knows of the vulnerability, but it is not its place to take it back.
bool is_only_a_score(const Voice& voice);

/// Between different sources only: what one source says in several records it says of several times.
/// By what it is about: "withdrawn", "fixed version", "status", "files", "score".
std::vector<Contradiction> find_contradictions(const std::vector<SourcedVoice>& voices);

}  // namespace suture
