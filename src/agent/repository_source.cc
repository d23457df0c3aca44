// SPDX-License-Identifier: Apache-2.0
#include "agent/repository_source.h"

#include "agent/unprivileged.h"
#include "repository/client.h"
#include "repository/http_fetcher.h"
#include "repository/layout.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kManifestLimit = 16u << 20;

}  // namespace

/// Runs without privileges. Answers {} for nothing, {"known": true}, or {"manifest": …} with the module left
/// in the spool's folder for its level.
Result<Json> RepositorySource::choose(const RunningKernel& kernel, const std::string& known) const {
  HttpFetcher fetcher = TRY(HttpFetcher::open(config_.repository));
  RepositoryClient client = TRY(RepositoryClient::open(config_.state / "repository", fetcher, config_.root));
  TRY(client.refresh(std::chrono::system_clock::now()));
  const auto available = TRY(client.patchsets(config_.channel, kernel.build_id));
  if (available.empty()) return Json::object();
  const AvailablePatchset& newest = available.back();
  if (newest.module.sha256 == known) return Json{{"known", true}};

  const fs::path folder = TRY(client.download(newest, config_.spool()));
  const Patchset patchset = TRY(parse_patchset(TRY(read_text_file(folder / kManifestName, kManifestLimit))));
  if (patchset.level != newest.level || patchset.module_sha256 != newest.module.sha256) {
    return fail("agent.wrong-manifest", "read " + newest.manifest.path,
                "it does not describe the level and module that stand beside it");
  }
  return Json{{"manifest", to_json(patchset)}};
}

Result<std::optional<Offer>> RepositorySource::newest(const RunningKernel& kernel, const std::string& known) {
  const Unprivileged user = Unprivileged::find();
  std::error_code ignored;
  fs::remove_all(config_.spool(), ignored);
  TRY(give_folder(config_.spool(), user));
  TRY(give_folder(config_.state / "repository", user));
  const Json answer =
      TRY(run_unprivileged(user, config_.download_timeout, [&] { return choose(kernel, known); }));

  if (answer.contains("known")) return Offer{.known = true};
  if (!answer.contains("manifest")) return std::nullopt;
  // What the child says is checked as if it came from the network: it may be in the hands of whoever sent it
  // there.
  Offer offer;
  offer.patchset = TRY(patchset_from_json(answer.at("manifest")));
  offer.manifest = json_text(to_json(offer.patchset));
  offer.folder = config_.spool() / level_text(offer.patchset.level);
  if (offer.patchset.target.build_id != kernel.build_id) {
    return fail("engine.wrong-kernel", "take level " + std::to_string(offer.patchset.level),
                "its manifest names another kernel's build-id: " + offer.patchset.target.build_id);
  }
  return offer;
}

}  // namespace suture
