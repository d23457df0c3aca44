// SPDX-License-Identifier: Apache-2.0
#include "cli/available_json.h"

#include "base/json.h"

namespace suture::cli {
namespace {

Json file_json(const RemoteFile& file, const AvailablePatchset& patchset) {
  return {{"path", patchset.stored(file)}, {"sha256", file.sha256}, {"length", file.length}};
}

Json files_json(const std::vector<RemoteFile>& files, const AvailablePatchset& patchset) {
  Json list = Json::array();
  for (const RemoteFile& file : files) list.push_back(file_json(file, patchset));
  return list;
}

}  // namespace

Json to_json(const AvailablePatchset& patchset) {
  Json json = {
      {"channel", patchset.stream.channel},
      {"distribution", patchset.stream.distribution},
      {"build_id", patchset.build_id},
      {"release", patchset.release},
      {"level", patchset.level},
      {"published", patchset.published},
      {"cves", patchset.cves},
      {"fixed", patchset.fixed},
      {"unaffected", patchset.unaffected},
      {"effective_version", patchset.effective_version.empty() ? Json() : Json(patchset.effective_version)},
      {"manifest", file_json(patchset.manifest, patchset)},
      {"module", file_json(patchset.module, patchset)},
      {"more_modules", files_json(patchset.more_modules, patchset)},
      {"statement", patchset.statement ? file_json(*patchset.statement, patchset) : Json()},
      {"qualified", patchset.qualified()},
      {"log_index", patchset.log_index},
      {"withdrawn", Json()}};
  if (const auto& withdrawn = patchset.withdrawn) {
    json["withdrawn"] = {{"reason", withdrawn->reason}, {"time", withdrawn->time}};
  }
  return json;
}

}  // namespace suture::cli
