// SPDX-License-Identifier: Apache-2.0
#include "repository/available.h"

#include "patchset/patchset.h"
#include "patchset/statement.h"
#include "repository/layout.h"

namespace suture {
namespace {

Result<RemoteFile> remote_file(const tuf::Targets& targets, const std::string& path) {
  const auto found = targets.files.find(path);
  if (found == targets.files.end()) {
    return fail("repository.malformed", "look up " + path, "the targets metadata do not name it");
  }
  return RemoteFile{path, found->second.sha256, found->second.length};
}

Result<AvailablePatchset> read_patchset(const tuf::Targets& targets, const std::string& path,
                                        const TargetPath& parts) {
  const Json& custom = targets.files.at(path).custom;
  AvailablePatchset patchset{.channel = parts.channel, .build_id = parts.build_id, .level = parts.level};
  if (TRY(json_integer(custom, "level")) != parts.level) {
    return fail("repository.malformed", "read the field \"level\"", "it differs from the path's");
  }
  patchset.release = TRY(json_string(custom, "release"));
  for (const Json& cve : *TRY(json_array(custom, "cves"))) {
    if (!cve.is_string()) return fail("repository.malformed", "read the field \"cves\"", "not strings");
    patchset.cves.push_back(cve.get<std::string>());
  }
  const std::string module = TRY(json_string(custom, "module"));
  patchset.manifest = TRY(remote_file(targets, path));
  // Patchsets of earlier versions have none.
  if (custom.contains("statement")) {
    const std::string statement = TRY(json_string(custom, "statement"));
    patchset.statement =
        TRY(remote_file(targets, TRY(target_path({parts.channel, parts.build_id, parts.level, statement}))));
  }
  patchset.module =
      TRY(remote_file(targets, TRY(target_path({parts.channel, parts.build_id, parts.level, module}))));
  return patchset;
}

}  // namespace

bool AvailablePatchset::qualified() const {
  return statement.path.ends_with(kQualificationName);
}

Result<std::vector<AvailablePatchset>> patchsets_in(const tuf::Targets& targets, std::string_view channel,
                                                    std::string_view build_id) {
  std::vector<AvailablePatchset> found;
  // Paths are sorted and levels have six digits, so this goes by rising level.
  for (const auto& [path, file] : targets.files) {
    const auto parts = parse_target_path(path);
    if (!parts || parts->file != kManifestName) continue;
    if (!channel.empty() && parts->channel != channel) continue;
    if (!build_id.empty() && parts->build_id != build_id) continue;
    found.push_back(TRY_IN("read what the repository says of " + path, read_patchset(targets, path, *parts)));
  }
  return found;
}

Result<tuf::Targets> with_patchset(tuf::Targets targets, const AvailablePatchset& patchset) {
  const TargetPath module = TRY(parse_target_path(patchset.module.path));
  Json custom = {{"level", patchset.level},
                 {"release", patchset.release},
                 {"cves", patchset.cves},
                 {"module", module.file}};
  if (!patchset.statement.path.empty()) {
    const RemoteFile& statement = patchset.statement;
    custom["statement"] = TRY(parse_target_path(statement.path)).file;
    targets.files[statement.path] = {statement.length, statement.sha256, nullptr};
  }
  targets.files[patchset.manifest.path] = {patchset.manifest.length, patchset.manifest.sha256, custom};
  targets.files[patchset.module.path] = {patchset.module.length, patchset.module.sha256, nullptr};
  return targets;
}

}  // namespace suture
