// SPDX-License-Identifier: Apache-2.0
#include "build/rebuild.h"

#include <fmt/format.h>

#include <algorithm>

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

/// A patchset as it was before its module was signed.
struct Plain {
  Json manifest;
  Bytes module;
  std::vector<std::string> differences;  ///< between signature and manifest, which nothing rebuilt tells of
};

Result<Plain> without_signature(const Patchset& given, Json manifest, const Bytes& file) {
  const ModuleParts parts = TRY(split_module(file));
  Plain plain{.manifest = std::move(manifest), .module = file, .differences = {}};
  if (!parts.is_signed()) {
    // The manifest's words about a signature then differ from those of the new one, which has none.
    return plain;
  }
  const SignatureInfo signature = TRY(read_signature(parts.signature));
  if (!given.module_signer)
    plain.differences.push_back("/signed_by: nothing, but signed by " + signature.signer);
  else if (given.module_signer->hash != signature.hash)
    plain.differences.push_back(
        fmt::format("/signed_by/hash: {}, but signed with {}", given.module_signer->hash, signature.hash));
  if (given.module().sha256 != sha256_hex(file) || given.module().size != file.size())
    plain.differences.push_back(
        fmt::format("/modules/0: not the size and SHA-256 of {}", given.module().file));
  plain.module.assign(parts.module.begin(), parts.module.end());
  plain.manifest.erase("signed_by");
  Json& module = plain.manifest["modules"][0];
  module["sha256"] = sha256_hex(plain.module);
  module["size"] = plain.module.size();
  return plain;
}

}  // namespace

Result<RebuildResult> rebuild_patchset(const RebuildRequest& request, const TargetStore& store,
                                       Progress& progress) {
  const std::string text = TRY(read_text_file(request.patchset / kManifestName, kLargestManifest));
  const Json manifest = TRY(parse_json(text, (request.patchset / kManifestName).string()));
  RebuildResult result{.given = TRY(patchset_from_json(manifest)), .differences = {}};
  const Patchset& given = result.given;
  const Bytes module = TRY(read_file(request.patchset / given.module().file, kLargestModule));
  // As it is written today: older manifests say the same in another form.
  const Plain plain = TRY(without_signature(given, to_json(given), module));
  result.differences = plain.differences;
  const fs::path fixes = request.fixes.empty() ? request.patchset / kFixFolder : request.fixes;
  const TempDir folder = TRY(TempDir::make("suture-rebuild"));
  const fs::path output = folder.path() / "patchset";
  TRY(build_patchset({.target = TRY(store.find(given.target.build_id)),
                      .fixes = TRY(fixes_of(given, fixes)),
                      .level = given.level,
                      .effective_version = given.effective_version,
                      .output = output,
                      .cache = request.cache},
                     progress));
  const std::string rebuilt = TRY(read_text_file(output / kManifestName, kLargestManifest));
  compare(without_tool(plain.manifest), without_tool(TRY(parse_json(rebuilt, "the new manifest"))), "",
          result.differences);
  if (plain.module != TRY(read_file(output / given.module().file)))
    result.differences.push_back(given.module().file + ": other bytes");
  return result;
}

}  // namespace suture
