// SPDX-License-Identifier: Apache-2.0
#include "engine/fitness.h"

#include "base/hash.h"
#include "engine/kernel_calls.h"
#include "engine/obstacles.h"
#include "engine/patch_module.h"

namespace suture {
namespace {

Result<void> check_bytes(const PatchsetFiles& files, const std::string& file, const std::string& sha256,
                         std::uint64_t size, const std::string& what) {
  const auto found = files.find(file);
  if (found != files.end() && found->second.size() == size && sha256_hex(found->second) == sha256) return {};
  return fail("engine.wrong-module", what,
              "the bytes of " + file +
                  (found == files.end() ? " are absent" : " are not those that the manifest names"),
              "Fetch the patchset again: `suture update`.");
}

}  // namespace

Result<PatchModule> fitting_module(const HostPaths& paths, const Patchset& patchset,
                                   const PatchsetFiles& files, std::string_view engine) {
  const std::string level = "apply level " + std::to_string(patchset.level);
  TRY(require_root(level));
  const PatchModule* const module = patchset.module_for(engine);
  if (module == nullptr) {
    return fail("engine.no-module", level, "it has no module for the engine \"" + std::string(engine) + "\"");
  }
  const std::string what = "apply " + module->name;
  const RunningKernel host = TRY(read_running_kernel(paths));
  if (patchset.target.build_id != host.build_id) {
    return fail("engine.wrong-kernel", what,
                "it is made for " + patchset.target.release + " with build-id " + patchset.target.build_id +
                    ", and here runs " + host.release + " with build-id " + host.build_id);
  }
  if (engine_of_module(module->name) != engine) {
    return fail("engine.wrong-module", what,
                "its module's name is not of the form " +
                    std::string(engine == kStopMachineEngine ? "suture_stop_N" : "suture_N"));
  }
  TRY(check_bytes(files, module->file, module->sha256, module->size, what));
  if (module->engine_module) {
    const EngineModule& own = *module->engine_module;
    TRY(check_bytes(files, own.file, own.sha256, own.size, what));
  }
  for (const Obstacle& obstacle : find_obstacles(paths, &patchset, {std::string(engine)})) {
    if (obstacle.blocks) return fail(obstacle.code, what, obstacle.text, obstacle.hint);
  }
  return *module;
}

}  // namespace suture
