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

const NewRepository kSmall{.channels = {"stable"}, .bins = 2};

TEST(Publisher, MakesKeysForTheirOwnerAlone) {
  const Repository repository;
  for (const char* name :
       {"root.pem", "targets.pem", "snapshot.pem", "timestamp.pem", "log.pem", "stable.pem"}) {
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
  EXPECT_TRUE(must(init_repository(second, kSmall)).empty());
}

TEST(Publisher, RefusesKeysThatWouldBeServed) {
  const TempDir folder = test::scratch();
  const PublisherContext context{.repository = folder.path(), .keys = folder.path() / "keys/", .now = kNow};
  EXPECT_EQ(code(init_repository(context)), "repository.keys-exposed");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Publisher, RefusesAKeyThatOthersMayRead) {
  const Repository repository;
  fs::permissions(repository.context.keys / "stable.pem", fs::perms(0644));
  EXPECT_EQ(code(repository.publish(1)), "key.exposed");
}

TEST(Publisher, RefusesKeysOfAnotherRepository) {
  Repository repository;
  const Repository other;
  fs::copy_file(repository.context.keys / kPolicyFile, other.context.keys / kPolicyFile,
                fs::copy_options::overwrite_existing);
  const fs::path patchset = repository.qualified(1);
  repository.context.keys = other.context.keys;
  EXPECT_EQ(code(publish_patchset(repository.context, patchset, "stable")), "repository.no-key");
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
  EXPECT_FALSE(fs::exists(repository.context.repository / "patchsets"));
}

TEST(Publisher, CopiesTheModulesOfAllEngines) {
  const Repository repository;
  const AvailablePatchset published = must(repository.publish_for_two_engines(1));
  EXPECT_EQ(published.module.name, "suture_1.ko");
  const std::vector<RemoteFile> files = published.files();
  ASSERT_EQ(files.size(), 5u);
  for (const RemoteFile& file : files) {
    const Bytes bytes = must(read_file(repository.context.repository / published.stored(file)));
    EXPECT_EQ(bytes.size(), file.length) << file.name;
    EXPECT_EQ(sha256_hex(bytes), file.sha256) << file.name;
  }
}

TEST(Publisher, RefusesAnyModuleThatIsNotTheManifests) {
  const Repository repository;
  const fs::path folder = test::make_patchset(repository.folder.path(), 1);
  for (const char* name : {"suture_stop_1.ko", "suture.ko"}) {
    test::add_stop_module(folder);
    ASSERT_TRUE(write_file(folder / name, "another module"));
    EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "repository.module-differs")
        << name;
    fs::remove(folder / name);
    EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "file.unreadable") << name;
    test::make_patchset(repository.folder.path(), 1);
  }
  EXPECT_FALSE(fs::exists(repository.context.repository / "patchsets"));
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

TEST(Publisher, RefusesAChannelThatTheRepositoryDoesNotHave) {
  const Repository repository;
  const auto published = repository.publish(1, "nightly");
  EXPECT_EQ(code(published), "repository.no-channel");
  EXPECT_NE(published.error().message().find("stable/debian"), std::string::npos);
  must(add_channel(repository.context, {"nightly", "debian"}));
  EXPECT_EQ(code(repository.publish(1, "nightly")), "ok");
  EXPECT_EQ(code(add_channel(repository.context, {"nightly", "debian"})), "repository.exists");
}

TEST(Publisher, HasAsManyBinsAsItWasMadeWith) {
  const TempDir folder = test::scratch();
  PublisherContext context{.repository = folder.path() / "r", .keys = folder.path() / "k", .now = kNow};
  for (const unsigned bins : {0u, 3u, 8192u}) {
    EXPECT_EQ(code(init_repository(context, {.channels = {"a"}, .bins = bins})), "repository.bad-bins");
  }
  must(init_repository(context, {.channels = {"a"}, .distributions = {"debian", "ubuntu"}, .bins = 32}));
  must(add_channel(context, {"b", "debian"}));
  OwnedRepository owned = must(OwnedRepository::open(context));
  for (const Stream& stream : {Stream{"a", "ubuntu"}, Stream{"b", "debian"}}) {
    must(owned.role(stream_role(stream)));
    EXPECT_EQ(owned.bins_of(stream).size(), 32u);
    EXPECT_EQ(owned.bins_of(stream).back(), stream_role(stream) + "~1f");
  }
}

TEST(Publisher, RefusesToBuildOnTamperedMetadata) {
  const Repository repository;
  const fs::path targets = repository.context.repository / repository.document("targets");
  std::string text = must(read_text_file(targets));
  text.replace(text.find("2027"), 4, "2099");
  ASSERT_TRUE(write_file(targets, text));
  EXPECT_EQ(code(repository.publish(1)), "repository.mix-and-match");
}

TEST(Publisher, GoesOnAfterOneThatWasKilledBeforeTheTimestamp) {
  const Repository repository;
  const Bytes before = must(read_file(repository.metadata("timestamp.json")));
  must(repository.publish(1));
  ASSERT_TRUE(write_file(repository.metadata("timestamp.json"), before));
  EXPECT_TRUE(repository.read().patchsets.empty());
  must(repository.publish(1));
  EXPECT_EQ(repository.read().patchsets.size(), 1u);
}

TEST(Publisher, GivesTheSameBytesForTheSameInput) {
  Repository first;
  PublisherContext second = first.context;
  second.repository += "-2";
  must(init_repository(second, {.channels = {"canary", "stable"}, .bins = 2}));
  must(first.publish(1));
  must(publish_patchset(second, first.qualified(1), "stable"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(first.context.repository)) {
    if (!entry.is_regular_file()) continue;
    const fs::path path = fs::relative(entry.path(), first.context.repository);
    EXPECT_EQ(must(read_file(entry.path())), must(read_file(second.repository / path))) << path;
    files++;
  }
  EXPECT_GT(files, 10u);
}

TEST(Publisher, LetsOneWorkAtATime) {
  const Repository repository({.channels = {"a", "b", "c", "d"}, .bins = 2});
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
  EXPECT_EQ(repository.read().patchsets.size(), 4u);
  EXPECT_EQ(repository.read().log.size, 4u);
}

}  // namespace
}  // namespace suture
