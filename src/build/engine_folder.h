// SPDX-License-Identifier: Apache-2.0
//
// suture.ko in a folder of its own, beside a record of what it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"
#include "build/engine_module.h"

namespace suture {

inline constexpr std::string_view kEngineRecordName = "engine.json";

struct EngineRecord {
  TargetId target;
  std::string file;
  std::string sha256;  ///< with the signature behind it if there is one
  std::uint64_t size = 0;
  std::uint32_t abi = 0;
  std::optional<ModuleSigner> signer{};
  std::string tool;  ///< "suture 0.1.0"
};
Json to_json(const EngineRecord& record);

/// "build.output-exists" when there is something.
Result<void> check_engine_folder(const std::filesystem::path& folder);
/// Makes the folder, as a whole or not at all; as check_engine_folder().
Result<EngineRecord> write_engine_folder(const std::filesystem::path& folder, const TargetId& target,
                                         const EngineModuleBuild& build);

}  // namespace suture
