// SPDX-License-Identifier: Apache-2.0
//
// What every kernel module must have beside its own code: `struct module`, and what the loader wants to know
// before it looks at anything else. The kernel's modpost writes it into NAME.mod.c; we write it, and the
// linker of link.h adds the symbol versions.
//
// Source: scripts/mod/modpost.c, add_header() and those after it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

/// C that comes first in its file.
extern const std::string_view kModpostHead;
/// C that refers to init_module() and cleanup_module(), which module_init() and module_exit() define.
/// `namespaces` are those of exported symbols that the module uses.
Result<std::string> modpost_text(const std::set<std::string>& namespaces);

/// Symbols and modules may hold dots and dashes, units slashes; nothing of them ends a C string.
/// "module.bad-name".
Result<void> check_c_name(std::string_view name);

}  // namespace suture
