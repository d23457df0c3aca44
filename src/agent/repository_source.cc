// SPDX-License-Identifier: Apache-2.0
#include "agent/repository_source.h"

#include <algorithm>
#include <vector>

#include "agent/handed_over.h"
#include "agent/unprivileged.h"
#include "base/file.h"
#include "base/json.h"
#include "base/unfinished.h"
#include "fetch/http_fetcher.h"
#include "repository/layout.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTimestampName = "timestamp.json";
constexpr std::size_t kMostKnown = 16u << 20;
constexpr const char* kServerName = ".server";  ///< whose the next two are
constexpr const char* kTagName = "timestamp.etag";
constexpr const char* kPartialName = "partial";
constexpr std::size_t kLongestUrl = 64u << 10;

Result<KnownFiles> read_known(const fs::path& folder) {
  KnownFiles known;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    // Not the lock; and the entity tag is of what this process was given, not of what a server said.
    const std::string name = path.filename();
    if (name.starts_with('.') || name.ends_with(".etag") || !entry->is_regular_file()) continue;
    known.emplace(name, TRY(read_file(path, kMostKnown)));
  }
  return known;
}

/// Makes `folder` know what `known` holds, and nothing else, unless both know the same timestamp metadata.
/// Downloads that were cut off stay.
Result<void> start_from(const KnownFiles& known, const fs::path& folder) {
  remove_unfinished(folder);
  const auto own = read_file(folder / kTimestampName, kMostKnown);
  const auto trusted = known.find(kTimestampName);
  if (own && trusted != known.end() && *own == trusted->second) return {};
  std::vector<fs::path> stale;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const bool kept = entry->path().filename().string().starts_with('.') || entry->is_directory();
    if (!kept) stale.push_back(entry->path());
  }
  for (const fs::path& path : stale) fs::remove(path, error);
  for (const auto& [name, bytes] : known) TRY(write_file(folder / name, bytes));
  return {};
}

Result<void> empty_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> old;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    old.push_back(entry->path());
  }
  for (const fs::path& path : old) {
    fs::remove_all(path, error);
    if (error) return fail("file.unwritable", "empty " + folder.string(), error.message());
  }
  return {};
}

/// The log vouches for every word that changes the kernel: what is chosen, whatever level that is, and what
/// was withdrawn.
Result<void> check_logged(RepositoryClient& client, const Catalog& catalog, const Choice& choice) {
  if (choice.install != nullptr) TRY(client.check_logged(*choice.install));
  for (const AvailablePatchset& patchset : catalog.levels) {
    if (patchset.withdrawn) TRY(client.check_logged(patchset));
  }
  return {};
}

}  // namespace

/// What was cut off, and entity tags, are of the server that they came from. Those of another one must not be
/// taken for this one's.
Result<void> keep_apart(const fs::path& folder, const std::string& url) {
  const fs::path name = folder / kServerName;
  if (read_text_file(name, kLongestUrl).value_or("") == url) return {};
  std::error_code ignored;
  fs::remove_all(folder / kPartialName, ignored);
  fs::remove(folder / kTagName, ignored);
  return write_file(name, url);
}

/// Runs without privileges. Hands back the server that gave what is there now.
Result<Json> RepositorySource::download(const Question& question, const KnownFiles& trusted,
                                        const std::vector<std::string>& servers) const {
  return TRY(try_servers(servers, config_.download_timeout, [&](const Server& server) {
    auto done = download_from(server, question, trusted);
    // The next try, wherever, begins with what is trusted: the other process must be handed all that is
    // newer.
    std::error_code ignored;
    if (!done) fs::remove(config_.state / "repository" / kTimestampName, ignored);
    return done;
  }));
}

/// Leaves metadata in `repository`, and a patchset that is new in the spool.
Result<void> RepositorySource::download_from(const Server& server, const Question& question,
                                             const KnownFiles& trusted) const {
  const fs::path own = config_.state / "repository";
  // Nothing of a server that was tried before may be handed over.
  TRY(empty_folder(handover()));
  TRY(empty_folder(config_.spool()));
  // A download that was cut off leaves new metadata here which the privileged process never saw. Without
  // this, the server would say that nothing changed since, and that process would take it for its own old
  // state's.
  TRY(start_from(trusted, own));
  TRY(keep_apart(own, server.url));
  const Stream stream{config_.channel, TRY(distribution_of(config_))};
  HttpOptions options = http_options(config_);
  options.end = server.end;
  HttpFetcher http = TRY(HttpFetcher::open(server.url, options));
  KeepingFetcher fetcher(http, handover());
  RepositoryClient client = TRY(RepositoryClient::open(own, fetcher, config_.root));
  TRY(client.refresh(wall_clock()));
  const Catalog catalog = TRY(client.catalog(stream, question.kernel.build_id));
  const Choice choice = decide(question, catalog);
  TRY(check_logged(client, catalog, choice));
  const AvailablePatchset* wanted = choice.install;
  if (wanted != nullptr && wanted->module.sha256 != question.known) {
    TRY(client.download(*wanted, config_.spool()));
  }
  return {};
}

Choice RepositorySource::decide(const Question& question, const Catalog& catalog) const {
  const std::time_t time = std::chrono::system_clock::to_time_t(question.time);
  std::tm local{};
  ::localtime_r(&time, &local);
  InstallPolicy policy = config_.install;
  if (question.highest)
    policy.highest = std::min(*question.highest, policy.highest.value_or(*question.highest));
  policy.plan = question.plan;
  return choose(policy, catalog, question.applied, question.time, local, question.asked,
                question.quarantined);
}

/// Hands back the server that it was; `first`, unless it is empty, is asked before the others.
Result<std::string> RepositorySource::fetch(const Question& question, const std::string& first) const {
  const Unprivileged user = Unprivileged::find();
  std::error_code ignored;
  fs::remove_all(config_.spool(), ignored);
  fs::remove_all(handover(), ignored);
  TRY(give_folder(config_.spool(), user));
  TRY(give_folder(config_.state / "repository", user));
  const KnownFiles trusted = TRY(read_known(config_.state / "trusted"));
  std::vector<std::string> servers = repository_servers(config_);
  std::ranges::stable_partition(servers, [&](const std::string& server) { return server == first; });
  const Json server = TRY(run_unprivileged(user, config_.download_timeout,
                                           [&] { return download(question, trusted, servers); },
                                           {config_.spool(), config_.state / "repository"}));
  return server.is_string() ? server.get<std::string>() : "";
}

Result<Catalog> RepositorySource::verify(const Question& question) const {
  const Stream stream{config_.channel, TRY(distribution_of(config_))};
  HandedOverFetcher fetcher(handover());
  RepositoryClient client = TRY(RepositoryClient::open(config_.state / "trusted", fetcher, config_.root));
  TRY(client.refresh(question.time));
  Catalog catalog = TRY(client.catalog(stream, question.kernel.build_id));
  TRY(check_logged(client, catalog, decide(question, catalog)));
  return catalog;
}

Result<Offer> RepositorySource::take_over(const AvailablePatchset& newest, const std::string& known) const {
  if (newest.module.sha256 == known) return Offer{.known = true};
  Offer offer;
  offer.folder = config_.spool() / level_text(newest.level);
  const Bytes manifest = TRY(read_handed_over(offer.folder / kManifestName, newest.manifest.length));
  TRY(tuf::check_payload(newest.manifest.name, {newest.manifest.length, newest.manifest.sha256, nullptr},
                         manifest));
  offer.manifest = as_text(manifest);
  offer.patchset = TRY_IN("read " + newest.manifest.name, parse_patchset(offer.manifest));
  TRY(check_manifest(offer.patchset, newest));
  return offer;
}

Result<Answer> RepositorySource::ask(const Question& question) {
  const std::string server = TRY(fetch(question, {}));
  auto catalog = verify(question);
  if (!catalog && catalog.error().code == "repository.absent") {
    // The two processes know different things, as after a crash between their turns: from the beginning.
    std::error_code ignored;
    fs::remove_all(config_.state / "repository", ignored);
    TRY(fetch(question, server));
    catalog = verify(question);
  }
  if (!catalog) return std::unexpected(std::move(catalog).error());
  const Choice choice = decide(question, *catalog);
  Answer answer{.newest = choice.newest == nullptr ? 0 : choice.newest->level,
                .waits = choice.waits,
                .leave = choice.leave,
                .plan_gone = choice.plan_gone};
  for (const AvailablePatchset& patchset : catalog->levels) {
    if (patchset.withdrawn) answer.withdrawn.emplace(patchset.level, patchset.withdrawn->reason);
  }
  if (choice.install != nullptr) answer.offer = TRY(take_over(*choice.install, question.known));
  return answer;
}

}  // namespace suture
