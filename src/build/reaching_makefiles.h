// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace suture {

/// The folders of a kernel tree, sorted, whose Makefile may list objects of folders that are not below it: it
/// has ".." outside of flags, or includes another file. kvm.ko is made of virt/kvm/dirty_ring.o by
/// arch/x86/kvm/Makefile, amdgpu.ko of drivers/gpu/drm/amd/display by the one of a folder beside it. Those of
/// other architectures, and of tools and samples, are left out.
Result<std::vector<std::string>> reaching_makefiles(const std::filesystem::path& tree);

}  // namespace suture
