// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/build.h"
#include "module/signature.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 64u << 20;
constexpr std::size_t kLargestFix = 16u << 20;

Result<std::vector<fs::path>> fixes_of(const Patchset& patchset, const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const FixRecord& fix : patchset.fixes) {
    const fs::path path = folder / (fix.name + ".patch");
    const std::string text = TRY_IN("find the fix " + fix.name, read_text_file(path, kLargestFix));
    if (sha256_hex(as_bytes(text)) != fix.sha256) {
      return fail("rebuild.fix-differs", "read the fix " + path.string(),
                  "it is not the one that the manifest names, by its SHA-256",
                  "name the folder with the right ones with --fixes");
    }
    paths.push_back(path);
  }
  return paths;
}

/// Who built it is no part of what was built.
Json without_tool(Json manifest) {
  manifest.erase("tool");
  return manifest;
}

/// The deepest values that differ, as "/module/sha256: A, rebuilt B".
void compare(const Json& given, const Json& built, const std::string& path,
             std::vector<std::string>& differences) {
  if (given == built) return;
  if (given.is_object() && built.is_object()) {
    for (const auto& [key, value] : given.items())
      compare(value, built.value(key, Json()), path + "/" + key, differences);
    for (const auto& [key, value] : built.items()) {
      if (!given.contains(key)) compare(Json(), value, path + "/" + key, differences);
    }
    return;
  }
  if (given.is_array() && built.is_array() && given.size() == built.size()) {
    for (std::size_t i = 0; i < given.size(); ++i)
      compare(given[i], built[i], fmt::format("{}/{}", path, i), differences);
    return;
  }
  const auto said = [](const Json& value) { return value.is_null() ? std::string("nothing") : value.dump(); };
  differences.push_back(fmt::format("{}: {}, rebuilt {}", path, said(given), said(built)));
}

/// A patchset as it was before its modules were signed.
struct Plain {
  Json manifest;
  PatchsetFiles files{};
  /// Between signatures and manifest, which nothing rebuilt tells of.
  std::vector<std::string> differences{};
};

/// Takes the signature off one file, whose entry in the manifest is `entry`.
Result<void> strip(const Patchset& given, const ModuleFile& named, const Bytes& file, Json& entry,
                   Plain& plain) {
  const ModuleParts parts = TRY(split_module(file));
  if (!parts.is_signed()) {
    if (given.module_signer) plain.differences.push_back(named.file + ": not signed");
    plain.files[named.file] = file;
    return {};
  }
  const SignatureInfo signature = TRY(read_signature(parts.signature));
  const auto& signer = given.module_signer;
  if (!signer)
    plain.differences.push_back(
        fmt::format("{}: signed by {}, which the manifest does not say", named.file, signature.signer));
  else if (signer->hash != signature.hash)
    plain.differences.push_back(fmt::format("/signed_by/hash: {}, but {} is signed with {}", signer->hash,
                                            named.file, signature.hash));
  if (named.sha256 != sha256_hex(file) || named.size != file.size())
    plain.differences.push_back(named.file + ": not of the manifest's size and SHA-256");
  Bytes& bare = plain.files[named.file];
  bare.assign(parts.module.begin(), parts.module.end());
  entry["sha256"] = sha256_hex(bare);
  entry["size"] = bare.size();
  return {};
}

Result<Plain> without_signatures(const Patchset& given, Json manifest, const PatchsetFiles& files) {
  // Older manifests say the same in another form.
  Plain plain{.manifest = to_json(given)};
  if (manifest["format"] == plain.manifest["format"]) plain.manifest = std::move(manifest);
  std::size_t at = 0;
  for (const PatchModule& module : given.modules) {
    Json& entry = plain.manifest["modules"][at++];
    const ModuleFile named{module.file, module.sha256, module.size};
    TRY(strip(given, named, files.at(module.file), entry, plain));
    if (const auto& engine = module.engine_module)
      TRY(strip(given, {engine->file, engine->sha256, engine->size}, files.at(engine->file),
                entry["engine_module"], plain));
  }
  plain.manifest.erase("signed_by");
  return plain;
}

std::set<std::string, std::less<>> engines_of(const Patchset& patchset) {
  std::set<std::string, std::less<>> engines;
  for (const PatchModule& module : patchset.modules) engines.insert(module.engine);
  return engines;
}

}  // namespace

Result<RebuildResult> rebuild_patchset(const RebuildRequest& request, const TargetStore& store,
                                       Progress& progress) {
  const std::string text = TRY(read_text_file(request.patchset / kManifestName, kLargestManifest));
  const Json manifest = TRY(parse_json(text, (request.patchset / kManifestName).string()));
  RebuildResult result{.given = TRY(patchset_from_json(manifest)), .differences = {}};
  const Patchset& given = result.given;
  const PatchsetFiles files = TRY(read_files(given, request.patchset));
  const Plain plain = TRY(without_signatures(given, manifest, files));
  result.differences = plain.differences;
  const fs::path fixes = request.fixes.empty() ? request.patchset / kFixFolder : request.fixes;
  const TempDir folder = TRY(TempDir::make("suture-rebuild"));
  const fs::path output = folder.path() / "patchset";
  TRY(build_patchset({.target = TRY(store.find(given.target.build_id)),
                      .fixes = TRY(fixes_of(given, fixes)),
                      .level = given.level,
                      .effective_version = given.effective_version,
                      .output = output,
                      .cache = request.cache,
                      .engines = engines_of(given)},
                     progress));
  const std::string rebuilt = TRY(read_text_file(output / kManifestName, kLargestManifest));
  compare(without_tool(plain.manifest), without_tool(TRY(parse_json(rebuilt, "the new manifest"))), "",
          result.differences);
  for (const auto& [name, bytes] : plain.files) {
    std::error_code error;
    if (!fs::exists(output / name, error))
      result.differences.push_back(name + ": not built");
    else if (bytes != TRY(read_file(output / name)))
      result.differences.push_back(name + ": other bytes");
  }
  return result;
}

}  // namespace suture
