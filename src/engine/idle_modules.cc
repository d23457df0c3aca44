// SPDX-License-Identifier: Apache-2.0
#include "engine/idle_modules.h"

#include <cerrno>
#include <thread>

#include "engine/livepatch.h"

namespace suture {

Result<void> unload_idle_modules(const HostPaths& paths, const KernelCalls& calls, std::string_view engine,
                                 std::chrono::milliseconds pause,
                                 const std::function<Result<bool>(const std::string&)>& in_use) {
  constexpr int kTries = 40;
  for (const std::string& name : TRY(read_suture_modules(paths, engine))) {
    for (int tries = 0; tries < kTries && !TRY(in_use(name)); ++tries) {
      const int refused = calls.unload(name);
      if (refused == 0 || refused == ENOENT) break;
      if (refused != EAGAIN && refused != EBUSY && refused != EWOULDBLOCK) {
        errno = refused;
        return fail_errno("engine.unload-refused", "unload the idle module " + name);
      }
      std::this_thread::sleep_for(pause);
    }
  }
  return {};
}

}  // namespace suture
