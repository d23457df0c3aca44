// SPDX-License-Identifier: Apache-2.0
#include "build/engine_folder.h"

#include "base/hash.h"
#include "base/json.h"

namespace suture {

namespace fs = std::filesystem;

Json to_json(const EngineRecord& record) {
  Json json{{"target", to_json(record.target)},
            {"file", record.file},
            {"sha256", record.sha256},
            {"size", record.size},
            {"abi", record.abi},
            {"tool", record.tool}};
  if (const auto& signer = record.signer) {
    json["signed_by"] = {{"subject", signer->subject},
                         {"certificate_sha256", signer->certificate_sha256},
                         {"hash", signer->hash}};
  }
  return json;
}

Result<void> check_engine_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  return fail("build.output-exists", "write the engine to " + folder.string(), "it is there already",
              "give another --output, or remove it");
}

Result<EngineRecord> write_engine_folder(const fs::path& folder, const TargetId& target,
                                         const EngineModuleBuild& build) {
  TRY(check_engine_folder(folder));
  EngineRecord record{.target = target,
                      .file = std::string(kEngineFileName),
                      .sha256 = sha256_hex(build.module),
                      .size = build.module.size(),
                      .abi = build.abi,
                      .signer = build.signer,
                      .tool = "suture " SUTURE_VERSION};
  const fs::path output = fs::absolute(folder).lexically_normal();
  TempDir unfinished = TRY(TempDir::make(".suture-engine", output.parent_path()));
  TRY(write_file(unfinished.path() / record.file, build.module));
  TRY(write_file(unfinished.path() / kEngineRecordName, json_text(to_json(record))));
  TRY(unfinished.move_to(output));
  return record;
}

}  // namespace suture
