// SPDX-License-Identifier: Apache-2.0
#include "repository/publisher.h"

#include <sys/stat.h>

#include <thread>

#include "make.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kNow;
using test::must;
using test::Repository;

TEST(Publisher, MakesKeysForTheirOwnerAlone) {
  const Repository repository;
  for (const char* name : {"root.pem", "targets.pem", "snapshot.pem", "timestamp.pem"}) {
    struct stat info {};
    ASSERT_EQ(::stat((repository.context.keys / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
  const auto readable = fs::status(repository.context.repository / "metadata").permissions();
  EXPECT_EQ(readable & fs::perms::others_read, fs::perms::others_read);
}

TEST(Publisher, KeepsAnExistingRepositoryAndItsKeys) {
  const Repository repository;
  EXPECT_EQ(code(init_repository(repository.context)), "repository.exists");
  PublisherContext second = repository.context;
  second.repository += "-2";
  EXPECT_TRUE(must(init_repository(second)).empty());
}

TEST(Publisher, RefusesKeysThatWouldBeServed) {
  const TempDir folder = test::scratch();
  const PublisherContext context{folder.path(), folder.path() / "keys/", Expiry(), kNow};
  EXPECT_EQ(code(init_repository(context)), "repository.keys-exposed");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Publisher, RefusesAKeyThatOthersMayRead) {
  const Repository repository;
  fs::permissions(repository.context.keys / "targets.pem", fs::perms(0644));
  EXPECT_EQ(code(repository.publish(1)), "key.exposed");
}

TEST(Publisher, RefusesKeysOfAnotherRepository) {
  Repository repository;
  const Repository other;
  repository.context.keys = other.context.keys;
  EXPECT_EQ(code(repository.publish(1)), "repository.wrong-key");
}

TEST(Publisher, RefusesALevelThatIsNotHigher) {
  const Repository repository;
  must(repository.publish(2));
  EXPECT_EQ(code(repository.publish(2)), "repository.level-not-higher");
  EXPECT_EQ(code(repository.publish(1)), "repository.level-not-higher");
  EXPECT_EQ(code(repository.publish(1, "canary")), "ok");
  EXPECT_EQ(code(repository.publish(3)), "ok");
}

TEST(Publisher, RefusesAModuleThatIsNotTheManifests) {
  const Repository repository;
  const fs::path folder = test::make_patchset(repository.folder.path(), 1);
  ASSERT_TRUE(write_file(folder / "suture_1.ko", "another module"));
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "repository.module-differs");
  EXPECT_FALSE(fs::exists(repository.context.repository / "targets"));
}

TEST(Publisher, RefusesAChannelThatLeadsElsewhere) {
  const Repository repository;
  for (const char* channel : {"", "..", "a/b", "Stable", "a b"}) {
    EXPECT_EQ(code(repository.publish(1, channel)), "repository.bad-channel") << channel;
  }
}

TEST(Publisher, RefusesWhereNoRepositoryIs) {
  Repository repository;
  repository.context.repository = repository.folder.path() / "elsewhere";
  EXPECT_EQ(code(repository.publish(1)), "repository.absent");
  EXPECT_EQ(code(renew_repository(repository.context)), "repository.absent");
  EXPECT_EQ(code(read_repository(repository.context.repository)), "repository.absent");
  EXPECT_FALSE(fs::exists(repository.context.repository));
}

TEST(Publisher, RefusesToBuildOnTamperedMetadata) {
  const Repository repository;
  std::string text = must(read_text_file(repository.metadata("1.targets.json")));
  text.replace(text.find("2027"), 4, "2099");
  ASSERT_TRUE(write_file(repository.metadata("1.targets.json"), text));
  EXPECT_EQ(code(repository.publish(1)), "repository.mix-and-match");
}

TEST(Publisher, GoesOnAfterOneThatWasKilledBeforeTheTimestamp) {
  const Repository repository;
  const Bytes before = must(read_file(repository.metadata("timestamp.json")));
  must(repository.publish(1));
  ASSERT_TRUE(write_file(repository.metadata("timestamp.json"), before));
  EXPECT_TRUE(must(read_repository(repository.context.repository)).patchsets.empty());
  must(repository.publish(1));
  EXPECT_EQ(must(read_repository(repository.context.repository)).patchsets.size(), 1u);
}

TEST(Publisher, GivesTheSameBytesForTheSameInput) {
  Repository first;
  PublisherContext second = first.context;
  second.repository += "-2";
  must(init_repository(second));
  must(first.publish(1));
  must(publish_patchset(second, first.folder.path() / "patchset-1", "stable"));
  for (const char* name : {"1.root.json", "2.targets.json", "2.snapshot.json", "timestamp.json"}) {
    EXPECT_EQ(must(read_file(first.metadata(name))), must(read_file(second.repository / "metadata" / name)));
  }
}

TEST(Publisher, LetsOneWorkAtATime) {
  const Repository repository;
  std::vector<std::thread> threads;
  for (const std::string channel : {"a", "b", "c", "d"}) {
    threads.emplace_back([&repository, channel] {
      const TempDir own = test::scratch();
      const fs::path patchset = test::make_patchset(own.path(), 1);
      test::write_statement(patchset, test::make_statement(patchset),
                            repository.context.keys / kQualifierKey);
      EXPECT_TRUE(publish_patchset(repository.context, patchset, channel));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(must(read_repository(repository.context.repository)).patchsets.size(), 4u);
}

TEST(Publisher, RenewsOnlyWhatIsDue) {
  const Repository repository;
  PublisherContext later = repository.context;
  const auto versions = [&] {
    std::map<tuf::Role, std::int64_t> all;
    for (const auto& role : must(read_repository(later.repository)).roles) all[role.role] = role.version;
    return all;
  };
  using enum tuf::Role;
  using Versions = std::map<tuf::Role, std::int64_t>;
  later.now = kNow + std::chrono::hours(12);
  EXPECT_TRUE(must(renew_repository(later)).empty());
  EXPECT_EQ(versions(), (Versions{{kRoot, 1}, {kTimestamp, 2}, {kSnapshot, 2}, {kTargets, 1}}));
  later.now = kNow + std::chrono::days(70);
  EXPECT_TRUE(must(renew_repository(later)).empty());
  EXPECT_EQ(versions(), (Versions{{kRoot, 1}, {kTimestamp, 3}, {kSnapshot, 3}, {kTargets, 2}}));
}

TEST(Publisher, SaysWhichOfflineKeyIsNeeded) {
  const Repository repository;
  fs::remove(repository.context.keys / "root.pem");
  PublisherContext later = repository.context;
  later.now = kNow + std::chrono::days(300);
  EXPECT_EQ(must(renew_repository(later)), std::vector{tuf::Role::kRoot});
}

}  // namespace
}  // namespace suture
