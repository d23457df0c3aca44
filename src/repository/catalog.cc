// SPDX-License-Identifier: Apache-2.0
#include "repository/catalog.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "base/hash.h"
#include "base/json.h"
#include "patchset/statement.h"
#include "repository/canonical_json.h"

namespace suture {
namespace {

std::unexpected<Error> wrong(std::string what, std::string why) {
  return fail("catalog.schema", std::move(what), std::move(why),
              "The repository was published wrongly, or by a newer suture: tell its owner.");
}

Json to_json(const RemoteFile& file) {
  return {{"name", file.name}, {"sha256", file.sha256}, {"length", file.length}};
}

Result<std::uint64_t> natural(const Json& json, const char* key) {
  const std::int64_t value = TRY(json_integer(json, key));
  if (value < 0) return wrong(std::string("read the field \"") + key + "\"", "it is negative");
  return static_cast<std::uint64_t>(value);
}

Result<RemoteFile> read_file_entry(const Json& json, const AvailablePatchset& patchset) {
  RemoteFile file{.name = TRY(json_string(json, "name")),
                  .sha256 = TRY(json_string(json, "sha256")),
                  .length = TRY(natural(json, "length"))};
  TRY(check_payload_place(patchset.build_id, patchset.level, file.name));
  if (!is_sha256_hex(file.sha256)) return wrong("read the field \"sha256\"", "it is not a SHA-256");
  return file;
}

Json to_json(const AvailablePatchset& patchset) {
  Json json = {{"level", patchset.level},
               {"published", patchset.published},
               {"cves", patchset.cves},
               {"manifest", to_json(patchset.manifest)},
               {"module", to_json(patchset.module)},
               {"log", patchset.log_index}};
  if (!patchset.effective_version.empty()) json["effective_version"] = patchset.effective_version;
  if (!patchset.fixed.empty()) json["fixed"] = patchset.fixed;
  if (!patchset.unaffected.empty()) json["unaffected"] = patchset.unaffected;
  if (!patchset.more_modules.empty()) {
    json["more"] = Json::array();
    for (const RemoteFile& file : patchset.more_modules) json["more"].push_back(to_json(file));
  }
  if (patchset.statement) json["statement"] = to_json(*patchset.statement);
  if (const auto& withdrawn = patchset.withdrawn) {
    json["withdrawn"] = {
        {"reason", withdrawn->reason}, {"time", withdrawn->time}, {"log", withdrawn->log_index}};
  }
  return json;
}

Result<std::vector<std::string>> names_field(const Json& json, const char* key) {
  std::vector<std::string> names;
  for (const Json& name : *TRY(json_array(json, key))) {
    if (!name.is_string())
      return wrong(std::string("read the field \"") + key + "\"", "an entry is not a string");
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<std::vector<RemoteFile>> read_more(const Json& json, const AvailablePatchset& patchset) {
  const Json& list = *TRY(json_array(json, "more"));
  if (list.size() >= kMostModuleFiles) return wrong("read the field \"more\"", "it names too many files");
  std::vector<RemoteFile> files;
  std::set<std::string> names = {patchset.manifest.name, patchset.module.name};
  for (const Json& item : list) {
    files.push_back(TRY(read_file_entry(item, patchset)));
    if (!names.insert(files.back().name).second)
      return wrong("read the field \"more\"", "two files are called " + files.back().name);
  }
  return files;
}

Result<AvailablePatchset> read_level(const Json& json, const Catalog& catalog) {
  AvailablePatchset patchset{
      .stream = catalog.stream, .build_id = catalog.build_id, .release = catalog.release};
  const std::uint64_t level = TRY(natural(json, "level"));
  if (level > kHighestLevel) return wrong("read the field \"level\"", "it is too high");
  patchset.level = static_cast<std::uint32_t>(level);
  patchset.published = TRY(json_string(json, "published"));
  patchset.cves = TRY(names_field(json, "cves"));
  // Earlier publishers did not write these.
  if (json.contains("effective_version"))
    patchset.effective_version = TRY(json_string(json, "effective_version"));
  if (json.contains("fixed")) patchset.fixed = TRY(names_field(json, "fixed"));
  if (json.contains("unaffected")) patchset.unaffected = TRY(names_field(json, "unaffected"));
  patchset.manifest = TRY(read_file_entry(*TRY(json_object(json, "manifest")), patchset));
  patchset.module = TRY(read_file_entry(*TRY(json_object(json, "module")), patchset));
  if (json.contains("more")) patchset.more_modules = TRY(read_more(json, patchset));
  if (json.contains("statement")) {
    patchset.statement = TRY(read_file_entry(*TRY(json_object(json, "statement")), patchset));
  }
  patchset.log_index = TRY(natural(json, "log"));
  if (json.contains("withdrawn")) {
    const Json& withdrawn = *TRY(json_object(json, "withdrawn"));
    patchset.withdrawn = Withdrawal{.reason = TRY(json_string(withdrawn, "reason")),
                                    .time = TRY(json_string(withdrawn, "time")),
                                    .log_index = TRY(natural(withdrawn, "log"))};
  }
  return patchset;
}

Json entry_of(const AvailablePatchset& patchset) {
  Json entry = {{"channel", patchset.stream.channel},   {"distribution", patchset.stream.distribution},
                {"build_id", patchset.build_id},        {"level", patchset.level},
                {"manifest", patchset.manifest.sha256}, {"module", patchset.module.sha256}};
  for (const RemoteFile& file : patchset.more_modules) entry["more"].push_back(file.sha256);
  return entry;
}

/// It cannot fail: there are no fractions in it.
std::string canonical(const Json& json) {
  return *tuf::canonical_json(json);
}

}  // namespace

bool AvailablePatchset::qualified() const {
  return statement && statement->name == kQualificationName;
}

std::vector<RemoteFile> AvailablePatchset::files() const {
  std::vector<RemoteFile> all = {manifest, module};
  all.insert(all.end(), more_modules.begin(), more_modules.end());
  if (statement) all.push_back(*statement);
  return all;
}

std::uint64_t AvailablePatchset::module_bytes() const {
  std::uint64_t bytes = module.length;
  for (const RemoteFile& file : more_modules) bytes += file.length;
  return bytes;
}

const AvailablePatchset* Catalog::newest() const {
  for (const AvailablePatchset& patchset : levels | std::views::reverse) {
    if (!patchset.withdrawn) return &patchset;
  }
  return nullptr;
}

const AvailablePatchset* Catalog::find(std::uint32_t level) const {
  const auto found = std::ranges::find(levels, level, &AvailablePatchset::level);
  return found == levels.end() ? nullptr : &*found;
}

std::string catalog_text(const Catalog& catalog) {
  Json levels = Json::array();
  for (const AvailablePatchset& patchset : catalog.levels) levels.push_back(to_json(patchset));
  return canonical({{"channel", catalog.stream.channel},
                    {"distribution", catalog.stream.distribution},
                    {"build_id", catalog.build_id},
                    {"release", catalog.release},
                    {"levels", std::move(levels)}}) +
         "\n";
}

Result<Catalog> parse_catalog(std::string_view text, const Stream& stream, std::string_view build_id) {
  const Json json = TRY(parse_json(text, "a catalog", {.bytes = kMostCatalog, .depth = 8}));
  Catalog catalog{.stream = {TRY(json_string(json, "channel")), TRY(json_string(json, "distribution"))},
                  .build_id = TRY(json_string(json, "build_id")),
                  .release = TRY(json_string(json, "release"))};
  if (catalog.stream != stream || catalog.build_id != build_id) {
    return wrong("read the catalog " + catalog_path(stream, build_id), "it is of another channel or kernel");
  }
  TRY(check_stream(stream));
  for (const Json& item : *TRY(json_array(json, "levels"))) {
    AvailablePatchset patchset =
        TRY_IN("read the catalog " + catalog_path(stream, build_id), read_level(item, catalog));
    if (!catalog.levels.empty() && catalog.levels.back().level >= patchset.level) {
      return wrong("read the catalog " + catalog_path(stream, build_id), "its levels do not rise");
    }
    catalog.levels.push_back(std::move(patchset));
  }
  return catalog;
}

std::string publication_entry(const AvailablePatchset& patchset) {
  Json entry = entry_of(patchset);
  entry["action"] = "publish";
  entry["time"] = patchset.published;
  return canonical(entry);
}

std::string withdrawal_entry(const AvailablePatchset& patchset, const Withdrawal& withdrawal) {
  Json entry = entry_of(patchset);
  entry["action"] = "withdraw";
  entry["reason"] = withdrawal.reason;
  entry["time"] = withdrawal.time;
  return canonical(entry);
}

}  // namespace suture
