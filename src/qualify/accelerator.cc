// SPDX-License-Identifier: Apache-2.0
#include "qualify/accelerator.h"

#include <unistd.h>

namespace suture {

Accelerator best_accelerator(const std::filesystem::path& kernel, std::chrono::seconds bound) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) return Accelerator::kTcg;
  Result<GuestFiles> files = GuestFiles::make();
  if (!files) return Accelerator::kTcg;
  const auto result = run_vm({.kernel = kernel,
                              .script = "check \"it runs\" true",
                              .environment = {},
                              .timeout = bound,
                              .accelerator = Accelerator::kKvm},
                             std::move(*files));
  return result && result->outcome == VmOutcome::kPassed ? Accelerator::kKvm : Accelerator::kTcg;
}

}  // namespace suture
