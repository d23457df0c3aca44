// SPDX-License-Identifier: Apache-2.0
//
// What changes the running kernel. Others than the default serve tests.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "engine/module_loader.h"

namespace suture {

/// Attributes of sysfs are written in place, in one write: they cannot be replaced by a rename. Returns 0 or
/// the errno.
int write_attribute(const std::filesystem::path& path, std::string_view text);

/// Each returns 0 or the errno.
struct KernelCalls {
  std::function<int(ByteView)> load = load_module;
  std::function<int(const std::string&)> unload = unload_module;
  std::function<int(const std::filesystem::path&, std::string_view)> write = write_attribute;
};

/// "engine.not-root" for all others than root.
Result<void> require_root(const std::string& what);

}  // namespace suture
