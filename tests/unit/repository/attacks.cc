// SPDX-License-Identifier: Apache-2.0
//
// Every attack that the TUF specification names (1.5.2), and the theft of each single role's key: against a
// real client, over a real socket. What a thief can do all the same is written down here, too.
#include <gmock/gmock.h>

#include "base/json.h"
#include "evil_server.h"
#include "fetch/http_fetcher.h"
#include "make.h"
#include "repository/client.h"
#include "repository/mirror.h"
#include "repository/promotion.h"
#include "repository/role_keys.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::EvilServer;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;
using tuf::Role;

constexpr const char* kTimestampPath = "metadata/timestamp.json";
constexpr std::uint64_t kTenGigabytes = 10'000'000'000;

class Attack : public testing::Test {
 protected:
  Attack() { published = must(repository.publish(1)); }

  /// What a host does at each visit; the level that it has then, or 0 when there is none for its kernel.
  Result<std::uint32_t> visit(Time now = kNow, const std::string& url = {}) {
    HttpFetcher fetcher =
        TRY(HttpFetcher::open(url.empty() ? server.url() : url, {.connect = std::chrono::seconds(5),
                                                                 .whole = std::chrono::seconds(60),
                                                                 .stalled = std::chrono::seconds(1)}));
    const auto look = [&]() -> Result<std::uint32_t> {
      RepositoryClient client = TRY(RepositoryClient::open(state, fetcher, root));
      TRY(client.refresh(now));
      const Catalog catalog = TRY(client.catalog(kStable, kBuildId));
      const AvailablePatchset* newest = catalog.newest();
      if (newest == nullptr) return 0;
      TRY(client.download(*newest, spool));
      return newest->level;
    };
    auto level = look();
    traffic = fetcher.traffic().bytes;
    return level;
  }
  std::string refused(Time now = kNow) { return code(visit(now)); }
  /// A host that was never here before.
  void forget() {
    fs::remove_all(state);
    fs::remove_all(spool);
  }
  bool has_level(std::uint32_t level) const { return fs::exists(spool / level_text(level)); }

  Bytes file(const std::string& path) const { return must(read_file(repository.context.repository / path)); }
  std::string text(const std::string& path) const { return std::string(as_text(file(path))); }
  /// The document of a role, changed and signed with a stolen key.
  template <class Edit>
  std::string forge(const std::string& role, Role kind, const std::string& key, Edit edit) const {
    const std::string path = role == "timestamp" ? kTimestampPath : repository.document(role);
    return test::forged(file(path), kind, repository.key(key), edit);
  }
  /// The repository as it is now, for a mirror that keeps it.
  fs::path keep(const std::string& name) const {
    fs::copy(repository.context.repository, repository.folder.path() / name, fs::copy_options::recursive);
    return repository.folder.path() / name;
  }
  std::string catalog_file() const {
    OwnedRepository owned =
        must(OwnedRepository::open({.repository = repository.context.repository, .keys = {}}));
    must(owned.role(kStable.channel + "~" + kStable.distribution));
    const auto& files = must(owned.role(test::bin_of()))->files;
    const std::string path = catalog_path(kStable, kBuildId);
    return stored_path(path, files.at(path).sha256);
  }

  test::Repository repository;
  AvailablePatchset published;
  EvilServer server{repository.context.repository};
  fs::path root = repository.metadata("1.root.json");
  fs::path state = repository.folder.path() / "state";
  fs::path spool = repository.folder.path() / "spool";
  std::uint64_t traffic = 0;
};

TEST_F(Attack, ArbitrarySoftwareInstallation) {
  for (const RemoteFile& part : {published.module, published.manifest}) {
    server.behave_well();
    server.answer(published.stored(part), std::string(part.length, 'x'));
    EXPECT_EQ(refused(), "repository.tampered") << part.name;
  }
  server.behave_well();
  server.answer(catalog_file(), "{}");
  forget();
  EXPECT_EQ(refused(), "repository.tampered");
  // A whole repository, signed with the attacker's own keys.
  const test::Repository theirs;
  must(theirs.publish(9));
  server.behave_well();
  server.serve(theirs.context.repository);
  forget();
  EXPECT_EQ(refused(), "repository.bad-signature");
  EXPECT_FALSE(has_level(9));
}

TEST_F(Attack, Rollback) {
  const fs::path old = keep("old");
  must(repository.publish(2));
  ASSERT_EQ(must(visit()), 2u);
  server.serve(old);
  EXPECT_EQ(refused(), "repository.rollback");
  server.serve(repository.context.repository);
  EXPECT_EQ(must(visit()), 2u);
}

TEST_F(Attack, RollbackOfAWithdrawal) {
  must(repository.publish(2));
  const fs::path old = keep("old");
  must(withdraw_level(repository.context, kStable, kBuildId, 2, "it hangs"));
  ASSERT_EQ(must(visit()), 1u);
  server.serve(old);
  EXPECT_EQ(refused(), "repository.rollback");
}

TEST_F(Attack, FastForwardOfTheTimestampIsHealedByANewKey) {
  server.answer(kTimestampPath, forge("timestamp", Role::kTimestamp, "timestamp",
                                      [](Json& content) { content["version"] = 1'000'000'000; }));
  ASSERT_EQ(must(visit()), 1u);
  server.behave_well();
  must(repository.publish(2));
  EXPECT_EQ(refused(), "repository.rollback");
  must(rotate_role(repository.context, "timestamp"));
  EXPECT_EQ(must(visit()), 2u);
}

TEST_F(Attack, FastForwardOfTheSnapshotIsHealedByNewKeys) {
  const std::string snapshot = forge("snapshot", Role::kSnapshot, "snapshot",
                                     [](Json& content) { content["version"] = 1'000'000'000; });
  server.answer("metadata/1000000000.snapshot.json", snapshot);
  server.answer(kTimestampPath, forge("timestamp", Role::kTimestamp, "timestamp", [&](Json& content) {
                  content["version"] = 1'000'000'000;
                  content["meta"]["snapshot.json"] = {
                      {"version", 1'000'000'000},
                      {"length", snapshot.size()},
                      {"hashes", {{"sha256", sha256_hex(as_bytes(snapshot))}}}};
                }));
  ASSERT_EQ(must(visit()), 1u);
  server.behave_well();
  must(repository.publish(2));
  EXPECT_EQ(refused(), "repository.rollback");
  must(rotate_role(repository.context, "snapshot"));
  must(rotate_role(repository.context, "timestamp"));
  EXPECT_EQ(must(visit()), 2u);
}

TEST_F(Attack, IndefiniteFreeze) {
  ASSERT_EQ(must(visit()), 1u);
  server.serve(keep("old"));
  must(repository.publish(2));
  EXPECT_EQ(must(visit(kNow + std::chrono::hours(23))), 1u);
  EXPECT_EQ(refused(kNow + std::chrono::hours(24)), "repository.expired");
}

TEST_F(Attack, IndefiniteFreezeByAnswersThatNothingChanged) {
  ASSERT_EQ(must(visit()), 1u);
  must(repository.publish(2));
  server.behave(kTimestampPath, {.status = 304});
  EXPECT_EQ(must(visit(kNow + std::chrono::hours(23))), 1u);
  EXPECT_NE(refused(kNow + std::chrono::hours(24)), "ok");
}

// Ten gigabytes of "metadata" cost no more than the largest document of the kind could.
TEST_F(Attack, EndlessData) {
  const std::vector<std::string> paths = {kTimestampPath,
                                          "metadata/2.root.json",
                                          repository.document("snapshot"),
                                          repository.document("targets"),
                                          repository.document("stable~debian"),
                                          repository.document("log"),
                                          catalog_file(),
                                          published.stored(published.manifest),
                                          published.stored(published.module),
                                          "log/tile/0/000.p/1"};
  for (const std::string& path : paths) {
    forget();
    server.behave_well();
    server.behave(path, {.endless = kTenGigabytes});
    EXPECT_EQ(refused(), "repository.too-large") << path;
    EXPECT_LT(traffic, 2u << 20) << path;
    EXPECT_LT(server.sent(path), 32u << 20) << path;
  }
  // Of bins the snapshot has no length: the most for one of them counts.
  forget();
  server.behave_well();
  server.behave(repository.document(test::bin_of()), {.endless = kTenGigabytes});
  EXPECT_EQ(refused(), "repository.too-large");
  EXPECT_LT(traffic, 40u << 20);
}

TEST_F(Attack, SlowRetrieval) {
  for (const std::string& path : {std::string(kTimestampPath), published.stored(published.module)}) {
    forget();
    server.behave_well();
    server.behave(path, {.drip = true});
    EXPECT_EQ(refused(), "repository.unreachable") << path;
  }
}

// Patchsets have no dependencies: a host asks for the two files of the newest one, whatever else lies there.
TEST_F(Attack, ExtraneousDependencies) {
  must(write_file(repository.context.repository / "patchsets" / kBuildId / "000001/extra.ko",
                  std::string_view("x")));
  ASSERT_EQ(must(visit()), 1u);
  std::vector<std::string> payloads;
  for (const auto& request : server.requests()) {
    if (request.path.starts_with("patchsets/")) payloads.push_back(request.path);
  }
  EXPECT_THAT(payloads,
              testing::ElementsAre(published.stored(published.manifest), published.stored(published.module)));
  EXPECT_EQ(std::distance(fs::directory_iterator(spool / "000001"), {}), 2);
}

TEST_F(Attack, MixAndMatch) {
  const std::vector<std::string> roles = {"snapshot", "log", test::bin_of()};
  std::map<std::string, Bytes> before;
  for (const std::string& role : roles) before[role] = file(repository.document(role));
  must(repository.publish(2));
  for (const auto& [role, bytes] : before) {
    forget();
    server.behave_well();
    server.behave(repository.document(role), {.bytes = bytes});
    EXPECT_EQ(refused(), "repository.mix-and-match") << role;
  }
}

TEST_F(Attack, WrongSoftwareInstallation) {
  const AvailablePatchset second = must(repository.publish(2));
  server.behave(second.stored(second.module), {.bytes = file(published.stored(published.module))});
  EXPECT_EQ(refused(), "repository.tampered");
  server.behave_well();
  server.behave(second.stored(second.manifest), {.bytes = file(published.stored(published.manifest))});
  EXPECT_EQ(refused(), "repository.tampered");
  // The catalog of another kernel, and of another channel.
  const std::string own = catalog_file();
  must(repository.publish(3, "stable", std::string(40, 'b')));
  must(repository.publish(4, "canary"));
  for (const auto& entry : fs::recursive_directory_iterator(repository.context.repository / "targets")) {
    if (!entry.is_regular_file() || entry.path() == repository.context.repository / own) continue;
    forget();
    server.behave_well();
    server.behave(own, {.bytes = must(read_file(entry.path()))});
    EXPECT_NE(refused(), "ok") << entry.path();
  }
}

// One that lies costs nothing but the visit: the same host goes on with another.
TEST_F(Attack, MaliciousMirrors) {
  EvilServer good(repository.context.repository);
  const std::string module = published.stored(published.module);
  std::string wrong = text(module);
  wrong[0] ^= 1;
  const std::vector<std::pair<std::string, EvilServer::Manner>> lies = {
      {kTimestampPath, {.status = 404}},
      {kTimestampPath, {.bytes = test::bytes_of("{}")}},
      {kTimestampPath, {.status = 500}},
      {kTimestampPath, {.redirect = "http://127.0.0.1:1/"}},
      {repository.document("snapshot"), {.status = 404}},
      {repository.document("targets"), {.cut = 10}},
      {repository.document(test::bin_of()), {.bytes = test::bytes_of("[]")}},
      {"log/tile/0/000.p/1", {.bytes = Bytes(32)}},
      {module, {.bytes = test::bytes_of(wrong)}},
  };
  for (const auto& [path, manner] : lies) {
    forget();
    server.behave_well();
    server.behave(path, manner);
    EXPECT_NE(refused(), "ok") << path;
    EXPECT_FALSE(has_level(1));
    EXPECT_EQ(code(visit(kNow, good.url())), "ok") << path;
    EXPECT_TRUE(has_level(1));
  }
}

// A wrong beginning, which a good mirror would only complete: found out, and thrown away.
TEST_F(Attack, MaliciousMirrorsThatSpoilTheBeginningOfADownload) {
  EvilServer good(repository.context.repository);
  server.behave(published.stored(published.module), {.bytes = test::bytes_of(std::string(5, 'x'))});
  EXPECT_NE(refused(), "ok");
  EXPECT_EQ(code(visit(kNow, good.url())), "repository.tampered");
  EXPECT_EQ(must(visit(kNow, good.url())), 1u);
}

/// Somebody who has copied one of the owner's keys, and has mirrors as well.
class StolenKey : public Attack {
 protected:
  /// The thief's own copy of the repository, in which all keys are the thief's; root's, too, had to sign
  /// that.
  PublisherContext take_over(bool with_log) {
    PublisherContext theirs{
        .repository = keep("theirs"), .keys = repository.folder.path() / "thief", .now = kNow};
    fs::create_directory(theirs.keys);
    fs::copy_file(repository.context.keys / "root.pem", theirs.keys / "root.pem");
    must(write_file(theirs.keys / kPolicyFile, std::string_view("[qualification]\nrequired = false\n")));
    OwnedRepository owned = must(OwnedRepository::open(theirs));
    const tuf::PublicKey key = must(owned.keyring().make("thief"));
    const tuf::RoleKeys only{{key.id}, 1};
    for (const Stream& stream : owned.streams()) {
      must(owned.edit(stream_role(stream)));
      for (const std::string& bin : owned.bins_of(stream)) must(owned.edit(bin));
      tuf::Delegations& bins = *must(owned.edit(stream_role(stream)))->delegations;
      bins.keys = {{key.id, key}};
      for (tuf::DelegatedRole& bin : bins.roles) bin.keys = only;
    }
    if (with_log) must(owned.edit("log"));
    tuf::Delegations& top = *must(owned.edit("targets"))->delegations;
    top.keys = {{key.id, key}};
    if (!with_log) std::erase_if(top.roles, [](const auto& role) { return role.name == "log"; });
    for (tuf::DelegatedRole& role : top.roles) role.keys = only;
    tuf::Root& next = owned.edit_root();
    next.keys[key.id] = key;
    for (const Role role : {Role::kTargets, Role::kSnapshot, Role::kTimestamp}) next.roles[role] = only;
    must(owned.commit());
    return theirs;
  }
  /// A catalog that offers the thief's module at level 9, and the bin that names it.
  std::string evil_bin(const std::string& key, const std::string& bin,
                       const std::string& build_id = kBuildId) {
    const fs::path folder = test::make_patchset(repository.folder.path(), 9, build_id, "evil");
    const Bytes manifest = must(read_file(folder / kManifestName));
    AvailablePatchset evil = published;
    evil.build_id = build_id;
    evil.level = 9;
    evil.manifest = {std::string(kManifestName), sha256_hex(manifest), manifest.size()};
    evil.module = {"suture_9.ko", sha256_hex(as_bytes(std::string_view("evil"))), 4};
    evil.statement.reset();
    const std::string catalog =
        catalog_text({.stream = kStable, .build_id = build_id, .release = evil.release, .levels = {evil}});
    const std::string path = catalog_path(kStable, build_id);
    const std::string hash = sha256_hex(as_bytes(catalog));
    server.answer(stored_path(path, hash), catalog);
    server.answer(evil.stored(evil.module), "evil");
    server.behave(evil.stored(evil.manifest), {.bytes = manifest});
    return forge(bin, Role::kTargets, key, [&](Json& content) {
      content["targets"] = {{path, {{"length", catalog.size()}, {"hashes", {{"sha256", hash}}}}}};
    });
  }
};

// Root is all. But a host wants the log that it knows to go on, so what the thief gives to one, everybody
// sees.
TEST_F(StolenKey, RootInstallsAnythingInPublic) {
  ASSERT_EQ(must(visit()), 1u);
  const PublisherContext theirs = take_over(true);
  must(
      publish_patchset(theirs, test::make_patchset(repository.folder.path(), 9, kBuildId, "evil"), "stable"));
  server.serve(theirs.repository);
  EXPECT_EQ(must(visit()), 9u);
  FolderFetcher fetcher(theirs.repository);
  const auto log = must(verify_repository(fetcher, root, kNow)).log_entries;
  EXPECT_THAT(log, testing::Contains(testing::HasSubstr("\"level\":9")));
}

TEST_F(StolenKey, RootCannotDropTheLog) {
  ASSERT_EQ(must(visit()), 1u);
  const PublisherContext theirs = take_over(false);
  must(
      publish_patchset(theirs, test::make_patchset(repository.folder.path(), 9, kBuildId, "evil"), "stable"));
  server.serve(theirs.repository);
  EXPECT_EQ(refused(), "log.gone");
  EXPECT_FALSE(has_level(9));
}

TEST_F(StolenKey, RootCannotForkTheLog) {
  const fs::path before = keep("before");
  must(repository.publish(2));
  ASSERT_EQ(must(visit()), 2u);
  // The thief goes on from an older state, and hides what was published since.
  fs::rename(repository.context.repository, repository.folder.path() / "now");
  fs::rename(before, repository.context.repository);
  const PublisherContext theirs = take_over(true);
  must(
      publish_patchset(theirs, test::make_patchset(repository.folder.path(), 9, kBuildId, "evil"), "stable"));
  server.serve(theirs.repository);
  EXPECT_EQ(refused(), "log.inconsistent");
  EXPECT_FALSE(has_level(9));
}

TEST_F(StolenKey, TargetsAloneIsWorthNothing) {
  const tuf::SigningKey thief = must(tuf::SigningKey::generate());
  server.answer(repository.document("targets"),
                forge("targets", Role::kTargets, "targets", [&](Json& content) {
                  content["delegations"]["keys"][thief.public_key().id] = tuf::to_json(thief.public_key());
                  for (Json& role : content["delegations"]["roles"]) role["keyids"] = {thief.public_key().id};
                }));
  EXPECT_EQ(refused(), "repository.too-large");
  server.answer(repository.document("targets"),
                forge("targets", Role::kTargets, "targets",
                      [](Json& content) { content["expires"] = "2099-01-01T00:00:00Z"; }));
  EXPECT_EQ(refused(), "repository.mix-and-match");
}

TEST_F(StolenKey, SnapshotAloneIsWorthNothing) {
  server.answer(repository.document("snapshot"),
                forge("snapshot", Role::kSnapshot, "snapshot", [](Json& content) {
                  content["meta"]["targets.json"] = {{"version", 9}};
                }));
  EXPECT_EQ(refused(), "repository.mix-and-match");
}

TEST_F(StolenKey, TimestampCanHoldBackNewsUntilTheSnapshotExpires) {
  ASSERT_EQ(must(visit()), 1u);
  const std::string frozen = forge("timestamp", Role::kTimestamp, "timestamp", [](Json& content) {
    content["version"] = 100;
    content["expires"] = "2099-01-01T00:00:00Z";
  });
  must(repository.publish(2));
  server.answer(kTimestampPath, frozen);
  EXPECT_EQ(must(visit(kNow + std::chrono::days(6))), 1u);
  EXPECT_EQ(refused(kNow + std::chrono::days(7)), "repository.expired");
}

TEST_F(StolenKey, TimestampCannotNameAnythingThatTheOwnerDidNotSign) {
  const std::string snapshot =
      forge("snapshot", Role::kSnapshot, "timestamp", [](Json& content) { content["version"] = 100; });
  server.answer("metadata/100.snapshot.json", snapshot);
  server.answer(kTimestampPath, forge("timestamp", Role::kTimestamp, "timestamp", [&](Json& content) {
                  content["version"] = 100;
                  content["meta"]["snapshot.json"] = {{"version", 100}};
                }));
  EXPECT_EQ(refused(), "repository.bad-signature");
}

TEST_F(StolenKey, LogAloneIsWorthNothing) {
  server.answer(repository.document("log"), forge("log", Role::kTargets, "log", [](Json& content) {
                  content["targets"][std::string(kCheckpointPath)]["custom"]["size"] = 0;
                }));
  EXPECT_EQ(refused(), "repository.mix-and-match");
}

TEST_F(StolenKey, ChannelCanHideAndNotInstall) {
  ASSERT_EQ(must(visit()), 1u);
  forget();
  server.answer(repository.document(test::bin_of()), evil_bin("stable", test::bin_of()));
  EXPECT_EQ(refused(), "log.not-included");
  EXPECT_FALSE(has_level(9));
  // Who delegates to whom is in a document whose hash the snapshot has.
  server.behave_well();
  server.answer(repository.document("stable~debian"),
                forge("stable~debian", Role::kTargets, "stable",
                      [](Json& content) { content["delegations"]["roles"] = Json::array(); }));
  forget();
  EXPECT_EQ(refused(), "repository.mix-and-match");
  // A kernel's catalog can be left out, until the owner signs the bin anew.
  server.behave_well();
  server.answer(repository.document(test::bin_of()),
                forge(test::bin_of(), Role::kTargets, "stable",
                      [](Json& content) { content["targets"] = Json::object(); }));
  forget();
  EXPECT_EQ(must(visit()), 0u);
  must(repository.publish(2));
  EXPECT_EQ(must(visit()), 2u);
}

TEST_F(StolenKey, BinCanHideItsOwnKernelsAndNotInstall) {
  const std::string own = test::bin_of();
  {
    OwnedRepository owned = must(OwnedRepository::open(repository.context));
    must(owned.role("stable~debian"));
    for (const std::string& bin : owned.bins_of(kStable)) must(owned.edit(bin));
    const tuf::PublicKey key = must(owned.keyring().make("bin"));
    tuf::Delegations& bins = *must(owned.edit("stable~debian"))->delegations;
    bins.keys[key.id] = key;
    bins.find(own)->keys = {{key.id}, 1};
    must(owned.commit());
  }
  ASSERT_EQ(must(visit()), 1u);
  forget();
  server.answer(repository.document(own), evil_bin("bin", own));
  EXPECT_EQ(refused(), "log.not-included");
  // In the place of another bin it is nobody's word.
  const std::string other = bin_role(kStable, own.ends_with('0') ? 1 : 0, 2);
  std::string build_id(40, '0');
  while (test::bin_of(build_id) != other) build_id.back()++;
  forget();
  server.behave_well();
  server.answer(repository.document(other), evil_bin("bin", other, build_id));
  HttpFetcher fetcher = must(HttpFetcher::open(server.url()));
  RepositoryClient client = must(RepositoryClient::open(state, fetcher, root));
  must(client.refresh(kNow));
  EXPECT_EQ(code(client.catalog(kStable, build_id)), "repository.bad-signature");
  EXPECT_EQ(must(visit()), 1u);
}

}  // namespace
}  // namespace suture
