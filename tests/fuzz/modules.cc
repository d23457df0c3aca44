// SPDX-License-Identifier: Apache-2.0
//
// What tells of modules: .modinfo, a C file's file systems, modprobe's configuration.
#include "advisory/file_system_type.h"
#include "advisory/module_reach.h"
#include "engine/modprobe_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const suture::ByteView bytes{data, size};
  suture::is_mounted_in_user_namespace(suture::as_text(bytes), "fuse");
  suture::ModprobeConfig config;
  suture::read_modprobe_text(suture::as_text(bytes), config);
  suture::read_kernel_command_line(suture::as_text(bytes), config);
  for (const auto* names : {&config.blocked, &config.blacklisted}) {
    for (const std::string& name : *names) {
      if (!suture::is_plain_module(name)) __builtin_trap();
    }
  }
  const suture::HostModules host{.loaded = {},
                                 .blocked = {config.blocked.begin(), config.blocked.end()},
                                 .blacklisted = {config.blacklisted.begin(), config.blacklisted.end()}};
  // Two modules that may need each other.
  const suture::ModuleReach reach({suture::read_module_facts("a", "", bytes.first(size / 2)),
                                   suture::read_module_facts("b", "", bytes.subspan(size / 2))});
  // A host can only take away.
  for (const char* name : {"a", "b"}) {
    if (reach.of(name, host).reach > reach.of(name).reach) __builtin_trap();
  }
  return 0;
}
