// SPDX-License-Identifier: Apache-2.0
#include "target/build_folder.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/file.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr const char* kOrder = "modules.order";

bool stays_below(const fs::path& path) {
  return !path.empty() && path.is_relative() && std::ranges::find(path, fs::path("..")) == path.end();
}

/// A line of modules.order as the module's path in the build folder. Kernels before 5.3 begin it with
/// "kernel/", those since 6.4 name the object instead of the module.
fs::path module_of_line(const fs::path& build, const std::string& line) {
  constexpr std::string_view kPrefix = "kernel/";
  std::error_code error;
  fs::path path = fs::path(line).replace_extension(".ko");
  if (!stays_below(path)) return {};
  if (fs::is_regular_file(build / path, error)) return path;
  if (!line.starts_with(kPrefix)) return {};
  path = path.lexically_relative("kernel");
  return fs::is_regular_file(build / path, error) ? path : fs::path();
}

}  // namespace

KernelParts parts_of_build(const fs::path& build) {
  std::error_code error;
  KernelParts parts;
  for (const char* image : {"arch/x86/boot/bzImage", "vmlinux"}) {
    if (parts.image.empty() && fs::exists(build / image, error)) parts.image = build / image;
  }
  if (fs::exists(build / kOrder, error)) parts.modules = build;
  parts.headers = parts.kbuild = build;
  if (fs::exists(build / ".config", error)) parts.config = build / ".config";
  // `make O=` leaves a link to the source.
  if (fs::exists(build / "source/Makefile", error)) {
    parts.source = fs::canonical(build / "source", error);
  } else if (fs::exists(build / "Kconfig", error)) {
    parts.source = build;
  }
  return parts;
}

Result<void> copy_built_modules(const fs::path& build, const fs::path& to, bool hard_links) {
  TRY(make_directories(to / "kernel"));
  std::ifstream order(build / kOrder);
  for (std::string line; std::getline(order, line);) {
    const fs::path module = module_of_line(build, line);
    if (module.empty()) {
      return fail("target.no-modules", "look for the module " + line,
                  build.string() + " lists it in modules.order, but does not have it",
                  "Build the modules (`make modules`), or name installed ones with --modules.");
    }
    TRY(make_directories((to / "kernel" / module).parent_path()));
    TRY(copy_one_file(build / module, to / "kernel" / module, hard_links));
  }
  return {};
}

bool is_kernel_source(const fs::path& below) {
  constexpr std::array kMade{".git",
                             ".config",
                             ".config.old",
                             ".version",
                             ".tmp_versions",
                             "Module.symvers",
                             "System.map",
                             "modules.order",
                             "modules.builtin",
                             "vmlinux",
                             "source",
                             "modules.builtin.modinfo",
                             "include/config",
                             "include/generated",
                             "arch/x86/include/generated",
                             "debian/tmp",
                             ".missing-syscalls.d"};
  constexpr std::array kMadeKinds{".o", ".ko", ".a", ".cmd", ".mod", ".mod.c", ".o.d", ".dwo", ".order"};
  const std::string name = below.filename().string();
  if (std::ranges::find(kMade, below) != kMade.end()) return false;
  return std::ranges::none_of(kMadeKinds, [&](const char* kind) { return name.ends_with(kind); });
}

}  // namespace suture
