// SPDX-License-Identifier: Apache-2.0
//
// The key by which a server knows this host again. It is made for the first report, stays with the state
// folder, and never leaves the machine.
#pragma once

#include <filesystem>

#include "base/ed25519.h"

namespace suture {

std::filesystem::path host_key_file(const std::filesystem::path& state);

/// Reads it, or makes it when there is none. "agent.host-key" for a file that is no key, that others than its
/// owner may read, or that cannot be read: it is never replaced, for a server may know the host by it.
Result<Ed25519Private> load_host_key(const std::filesystem::path& state);

}  // namespace suture
