// SPDX-License-Identifier: Apache-2.0
//
// Builds suture.ko, the stop-machine engine in the kernel, for one target: the C of kmod/, which the program
// carries, compiled as the target's own modules were. Everything that it takes from the kernel must be
// exported: no livepatch is there to find the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "build/build_cache.h"
#include "build/engine_files.h"
#include "build/kbuild.h"
#include "module/module_key.h"
#include "patchset/patchset.h"
#include "target/target.h"

namespace suture {

inline constexpr std::string_view kEngineModule = "suture";  ///< as in /proc/modules
inline constexpr std::string_view kEngineFileName = "suture.ko";

/// By its .config, whether the engine can run in a kernel. "build.engine-unsupported" names what it lacks.
Result<void> check_engine_can_run(std::string_view config);

/// The unsigned module of these files: a Kbuild that lists them under "suture-y", sources, headers.
Result<Bytes> compile_engine(const Kbuild& kbuild, std::span<const EngineFile> files);

/// That of kmod/. What the Kbuild's cache has is not compiled again.
Result<Bytes> unsigned_engine_module(const Kbuild& kbuild);

struct EngineModuleBuild {
  Bytes module;
  std::uint32_t abi = 0;  ///< of suture_patch.h
  std::optional<ModuleSigner> signer{};
};

/// Of kmod/. The same source, target and key give the same bytes (but for what an ECDSA key signs). What
/// `cache` has is not compiled again. Besides the above: "build.engine-symbol" names one that the kernel does
/// not export.
Result<EngineModuleBuild> build_engine_module(const Target& target, const BuildCache& cache,
                                              const std::optional<ModuleKey>& key);

}  // namespace suture
