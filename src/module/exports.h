// SPDX-License-Identifier: Apache-2.0
//
// Symbols that a kernel offers to modules, with the versions that the loader checks.
//
// Format: Module.symvers, one line a symbol, "CRC \t name \t vmlinux or module path \t EXPORT_SYMBOL[_GPL] \t
// namespace" (Documentation/kbuild/modules.rst, "Module.symvers").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

struct Export {
  std::uint32_t crc = 0;
  std::string home;              ///< "vmlinux", or the module's path without ".ko": "net/vmw_vsock/vsock"
  std::string symbol_namespace;  ///< empty: none
};

using Exports = std::map<std::string, Export, std::less<>>;

/// "module.symvers-malformed" names the line.
Result<Exports> parse_exports(std::string_view text);

}  // namespace suture
