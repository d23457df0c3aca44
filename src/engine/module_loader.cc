// SPDX-License-Identifier: Apache-2.0
#include "engine/module_loader.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace suture {

int load_module(ByteView module) {
  return ::syscall(SYS_init_module, module.data(), module.size(), "") == 0 ? 0 : errno;
}

int unload_module(const std::string& name) {
  return ::syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) == 0 ? 0 : errno;
}

Error load_error(const std::string& module_name, int error_number) {
  const auto refused = [&](std::string why, std::string hint) {
    return Error{"engine.load-refused", "load the module " + module_name, std::move(why), std::move(hint)};
  };
  switch (error_number) {
    case ENOEXEC:
      return refused("the kernel does not accept its format or version (ENOEXEC)",
                     "The kernel's log says which: `dmesg | tail`.");
    case EKEYREJECTED:
    case ENOKEY:
    case EBADMSG:
      return refused("the kernel requires modules signed with a key that it knows",
                     "Enroll the key that the patchsets are signed with (mokutil --import), or sign them.");
    case EPERM:
      return refused("not permitted: lockdown or kernel.modules_disabled=1 forbids loading modules",
                     "See /sys/kernel/security/lockdown and `sysctl kernel.modules_disabled`.");
    case EBUSY:
      return refused("another module of that name is being loaded, or another live patch is on its way",
                     "Try again in a moment.");
    case EEXIST:
      return refused("a module of that name is loaded already and still in use",
                     "See `grep " + module_name + " /proc/modules`; try again in a moment.");
    case ENOMEM:
      return refused("the kernel has no memory for it", "");
    case ENOENT:
    case EINVAL:
      return refused(std::string("the kernel does not find what it refers to, or refuses its live patch (") +
                         std::strerror(error_number) + ")",
                     "The kernel's log says more: `dmesg | tail`.");
    default:
      return refused(std::strerror(error_number), "The kernel's log may say more: `dmesg | tail`.");
  }
}

}  // namespace suture
