// SPDX-License-Identifier: Apache-2.0
//
// The two system calls on kernel modules, which glibc does not wrap.
#pragma once

#include <string>

#include "base/file.h"

namespace suture {

/// init_module(2): from memory, so that what is loaded is what was verified, whatever happens to the file.
/// Returns 0 or the errno.
int load_module(ByteView module);

/// delete_module(2), without waiting for users of the module to go. Returns 0 or the errno.
int unload_module(const std::string& name);

/// What an errno of load_module() means to an administrator, and what to do: "engine.load-refused".
Error load_error(const std::string& module_name, int error_number);

}  // namespace suture
