// SPDX-License-Identifier: Apache-2.0
//
// What is signed is believed for a time only, so an owner signs it again before that: no more than is due.
#include "repository/renewal.h"

#include <gmock/gmock.h>

#include "make.h"
#include "repository/client.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::must;
using test::Repository;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

using Hours = std::chrono::hours;
using Days = std::chrono::days;

const std::vector<std::string> kRoles = {"root", "timestamp", "snapshot", "targets", "log", "stable~debian"};

std::map<std::string, std::int64_t> versions(const Repository& repository) {
  std::map<std::string, std::int64_t> all;
  for (const std::string& role : kRoles) all[role] = repository.version(role);
  return all;
}

TEST(Renewal, SignsOnlyTheTimestampWhenNothingElseIsDue) {
  const Repository repository;
  auto expected = versions(repository);
  const Renewed renewed = must(renew_repository(repository.later(Hours(12))));
  EXPECT_THAT(renewed.roles, ElementsAre("timestamp"));
  EXPECT_TRUE(renewed.waiting.empty());
  expected["timestamp"]++;
  EXPECT_EQ(versions(repository), expected);
}

TEST(Renewal, SignsWhatIsInTheLastThirdOfItsTime) {
  const Repository repository({.channels = {"stable"}, .bins = 2});
  const Renewed week = must(renew_repository(repository.later(Days(5))));
  EXPECT_THAT(week.roles, UnorderedElementsAre("log", "snapshot", "timestamp"));
  const Renewed quarter = must(renew_repository(repository.later(Days(70))));
  EXPECT_THAT(quarter.roles, UnorderedElementsAre("targets", "stable~debian", "stable~debian~0",
                                                  "stable~debian~1", "log", "snapshot", "timestamp"));
  EXPECT_EQ(repository.version("root"), 1);
  const Renewed year = must(renew_repository(repository.later(Days(300))));
  EXPECT_EQ(repository.version("root"), 2);
  EXPECT_THAT(year.roles, testing::Contains("root"));
}

TEST(Renewal, SaysWhichOfflineKeyIsNeededAndSignsTheRest) {
  const Repository repository;
  fs::remove(repository.context.keys / "root.pem");
  const Renewed renewed = must(renew_repository(repository.later(Days(300))));
  EXPECT_THAT(renewed.waiting, ElementsAre("root"));
  EXPECT_FALSE(renewed.requested);
  EXPECT_THAT(renewed.roles, testing::Contains("targets"));
}

TEST(Renewal, WritesDownWhatOfflineKeysHaveToSign) {
  const Repository repository;
  const fs::path vault = repository.folder.path() / "vault";
  fs::create_directory(vault);
  fs::rename(repository.context.keys / "root.pem", vault / "root.pem");
  PublisherContext later = repository.later(Days(300));
  later.request = repository.folder.path() / "request";
  EXPECT_TRUE(must(renew_repository(later)).requested);
  Change change = must(parse_change(must(read_text_file(later.request))));
  ASSERT_EQ(change.documents.size(), 1u);
  EXPECT_EQ(code(apply_change(later, change)), "repository.bad-signature");
  EXPECT_THAT(must(add_signatures(change, must(tuf::SigningKey::load(vault / "root.pem")))),
              ElementsAre("root"));
  EXPECT_TRUE(must(apply_change(later, change)).published);

  test::Mirror mirror = repository.mirror();
  RepositoryClient client = must(
      RepositoryClient::open(repository.folder.path() / "state", mirror, repository.metadata("1.root.json")));
  must(client.refresh(later.now));
  EXPECT_EQ(client.trusted().root.version, 2);
}

TEST(Renewal, HelpsARepositoryThatHasExpired) {
  const Repository repository;
  must(repository.publish(1));
  must(renew_repository(repository.later(Days(1000))));
  test::Mirror mirror = repository.mirror();
  RepositoryClient client = must(
      RepositoryClient::open(repository.folder.path() / "state", mirror, repository.metadata("1.root.json")));
  EXPECT_EQ(code(client.refresh(repository.later(Days(1000)).now)), "ok");
}

}  // namespace
}  // namespace suture
