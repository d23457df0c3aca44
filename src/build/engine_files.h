// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace suture {

struct EngineFile {
  std::string_view name;
  std::string_view text;
};

/// All that kbuild needs of kmod/: Kbuild, which lists the sources, these, and headers.
extern const std::span<const EngineFile> kEngineFiles;
/// SUTURE_PATCH_ABI in kmod/suture_patch.h.
extern const std::uint32_t kEngineAbi;

}  // namespace suture
