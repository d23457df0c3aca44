// SPDX-License-Identifier: Apache-2.0
#include "agent/store.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kManifestLimit = 16u << 20;
constexpr const char* kHint = "`suture update` fetches it again.";

std::string reading(const fs::path& place) {
  return "read the stored patchset in " + place.string();
}

}  // namespace

StoredPatchset Store::place_for(const Patchset& patchset, std::string_view manifest) {
  StoredPatchset stored;
  stored.manifest_sha256 = sha256_hex(as_bytes(manifest));
  stored.folder = fmt::format("{:06}-{}", patchset.level, stored.manifest_sha256.substr(0, 16));
  stored.build_id = patchset.target.build_id;
  stored.module_sha256 = patchset.module().sha256;
  stored.level = patchset.level;
  stored.cves = patchset.cves();
  return stored;
}

Result<void> Store::keep(const StoredPatchset& stored, std::string_view manifest, const Patchset& patchset,
                         const PatchsetFiles& files) const {
  if (const auto other = differing_file(patchset, files)) {
    return fail("agent.wrong-module", "store " + other->file,
                "its bytes are not those that the manifest names");
  }
  if (load(stored)) return {};
  const fs::path place = folder_ / stored.folder;
  std::error_code error;
  fs::remove_all(place, error);
  TempDir folder = TRY(TempDir::make("new", folder_));
  // Any user may ask what the patchset does, and nobody but root needs the modules.
  TRY(write_file(folder.path() / kManifestName, manifest, 0644));
  for (const ModuleFile& named : patchset.files())
    TRY(write_file(folder.path() / named.file, files.at(named.file), 0600));
  fs::permissions(folder.path(), fs::perms(0755), error);
  return folder.move_to(place);
}

Result<Patchset> Store::manifest(const StoredPatchset& stored) const {
  const std::string what = reading(folder_ / stored.folder);
  const std::string manifest =
      TRY_IN(what, read_text_file(folder_ / stored.folder / kManifestName, kManifestLimit));
  if (sha256_hex(as_bytes(manifest)) != stored.manifest_sha256) {
    return fail("agent.store-changed", what, "its manifest is not what was stored", kHint);
  }
  return TRY_IN(what, parse_patchset(manifest));
}

Result<LoadedPatchset> Store::load(const StoredPatchset& stored) const {
  const fs::path place = folder_ / stored.folder;
  const std::string what = reading(place);
  LoadedPatchset loaded;
  loaded.patchset = TRY(manifest(stored));
  loaded.files = TRY_IN(what, read_files(loaded.patchset, place));
  const auto other = differing_file(loaded.patchset, loaded.files);
  if (other || loaded.patchset.module().sha256 != stored.module_sha256) {
    const std::string& file = other ? other->file : loaded.patchset.module().file;
    return fail("agent.store-changed", what, file + " is not what was stored", kHint);
  }
  return loaded;
}

Result<void> Store::sweep(const std::optional<StoredPatchset>& kept) const {
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (kept && at->path().filename() == kept->folder) continue;
    std::error_code problem;
    fs::remove_all(at->path(), problem);
    if (problem) return fail("file.unwritable", "remove " + at->path().string(), problem.message());
  }
  return {};
}

}  // namespace suture
