// SPDX-License-Identifier: Apache-2.0
//
// An engine brings a patchset into the running kernel and takes it out again. It decides nothing: which
// patchset, and whether its bytes are to be trusted, the caller has settled before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "engine/host.h"
#include "patchset/patchset.h"

namespace suture {

/// What of ours is in the running kernel.
struct Applied {
  std::uint32_t level = 0;  ///< 0: nothing
  std::string module_name;  ///< empty: nothing
  bool transition = false;  ///< not all tasks are there yet, or not all are back yet
  std::string engine{};     ///< that holds it; empty: nothing
  bool operator==(const Applied&) const = default;
};

/// What becomes of a transition that takes longer than it may.
enum class Stalled {
  kRevert,  ///< it is taken back
  kWait,    ///< it is left under way
  kSignal,  ///< the same; and user tasks that hold it up are interrupted from its beginning on
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual Result<RunningKernel> kernel() const = 0;
  virtual Result<Applied> observe() const = 0;

  /// Applies `patchset` with the one of `files` that is for this engine, and returns once every task runs the
  /// new code, or when a transition that stalls is left under way: observe() tells. On failure the kernel is
  /// as before. Already applied is success; under way is waited for. `under_way` is called when the kernel
  /// has the patch and begins to move its tasks.
  virtual Result<void> apply(const Patchset& patchset, const PatchsetFiles& files,
                             const std::function<void()>& under_way) = 0;
  Result<void> apply(const Patchset& patchset, const PatchsetFiles& files) {
    return apply(patchset, files, [] {});
  }

  /// Takes whatever of ours is applied out of the kernel, and its module with it. Nothing there is success.
  virtual Result<void> revert() = 0;
};

/// One of several, as manifests name them.
class NamedEngine : public Engine {
 public:
  virtual std::string_view name() const = 0;
  /// What apply() would refuse before it touches the kernel.
  virtual Result<void> check(const Patchset& patchset, const PatchsetFiles& files) const = 0;
};

}  // namespace suture
