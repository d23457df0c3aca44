// SPDX-License-Identifier: Apache-2.0
#include "agent/repository_source.h"

#include "agent/signed_word.h"
#include "agent/unprivileged.h"
#include "repository/client.h"
#include "repository/http_fetcher.h"
#include "repository/layout.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

/// Keeps the chain of roots, for the privileged process to follow it too.
class RootKeeper : public Fetcher {
 public:
  RootKeeper(Fetcher& fetcher, fs::path folder) : fetcher_(fetcher), folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    Bytes bytes = TRY(fetcher_.fetch(path, max_length));
    if (path.ends_with(".root.json")) TRY(write_file(folder_ / fs::path(path).filename(), bytes));
    return bytes;
  }

 private:
  Fetcher& fetcher_;
  fs::path folder_;
};

Result<void> check_manifest(const Patchset& manifest, const AvailablePatchset& promised) {
  const bool same = manifest.level == promised.level && manifest.target.build_id == promised.build_id &&
                    manifest.module_sha256 == promised.module.sha256 &&
                    manifest.module_size == promised.module.length;
  if (same) return {};
  return fail("agent.wrong-manifest", "verify " + promised.manifest.path,
              "it tells another level, kernel or module than the repository's metadata",
              "The repository was published wrongly: tell its owner.");
}

}  // namespace

/// Runs without privileges. Leaves metadata in `repository`, and a patchset that is new in the spool.
Result<Json> RepositorySource::download(const RunningKernel& kernel, const std::string& known) const {
  HttpFetcher http = TRY(HttpFetcher::open(config_.repository));
  RootKeeper fetcher(http, roots_folder(config_));
  RepositoryClient client = TRY(RepositoryClient::open(config_.state / "repository", fetcher, config_.root));
  TRY(client.refresh(std::chrono::system_clock::now()));
  const auto available = TRY(client.patchsets(config_.channel, kernel.build_id));
  if (!available.empty() && available.back().module.sha256 != known) {
    TRY(client.download(available.back(), config_.spool()));
  }
  return Json::object();
}

Result<std::optional<Offer>> RepositorySource::newest(const RunningKernel& kernel, const std::string& known) {
  const Unprivileged user = Unprivileged::find();
  std::error_code ignored;
  fs::remove_all(config_.spool(), ignored);
  TRY(give_folder(config_.spool(), user));
  TRY(give_folder(config_.state / "repository", user));
  TRY(run_unprivileged(user, config_.download_timeout, [&] { return download(kernel, known); }));

  const auto available = TRY(read_signed_word(config_, kernel.build_id, std::chrono::system_clock::now()));
  if (available.empty()) return std::nullopt;
  const AvailablePatchset& newest = available.back();
  if (newest.module.sha256 == known) return Offer{.known = true};

  Offer offer;
  offer.folder = config_.spool() / level_text(newest.level);
  const Bytes manifest = TRY(read_handed_over(offer.folder / kManifestName, newest.manifest.length));
  TRY(tuf::check_payload(newest.manifest.path, {newest.manifest.length, newest.manifest.sha256, nullptr},
                         manifest));
  offer.manifest = as_text(manifest);
  offer.patchset = TRY_IN("read " + newest.manifest.path, parse_patchset(offer.manifest));
  TRY(check_manifest(offer.patchset, newest));
  return offer;
}

}  // namespace suture
