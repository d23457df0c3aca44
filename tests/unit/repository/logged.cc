// SPDX-License-Identifier: Apache-2.0
//
// Nothing is loaded that is not in the transparency log, and the log that a host knows only grows.
#include "make.h"
#include "repository/client.h"
#include "repository/promotion.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kNow;
using test::kStable;
using test::must;

class Logged : public testing::Test {
 protected:
  Logged() { must(repository.publish(1)); }
  RepositoryClient open() {
    RepositoryClient client =
        must(RepositoryClient::open(state, fetcher, repository.metadata("1.root.json")));
    must(client.refresh(kNow));
    return client;
  }
  static AvailablePatchset newest(RepositoryClient& client) {
    return *must(client.catalog(kStable, kBuildId)).newest();
  }

  test::Repository repository;
  test::Mirror fetcher = repository.mirror();
  fs::path state = repository.folder.path() / "state";
};

TEST_F(Logged, WhatIsPublishedIsInTheLogAndTheHeadIsRemembered) {
  RepositoryClient client = open();
  EXPECT_FALSE(checked_log_head(state));
  EXPECT_EQ(code(client.check_logged(newest(client))), "ok");
  EXPECT_EQ(checked_log_head(state), repository.read().log);
  must(repository.publish(2));
  must(client.refresh(kNow));
  EXPECT_EQ(code(client.check_logged(newest(client))), "ok");
  EXPECT_EQ(checked_log_head(state).value().size, 2u);
  EXPECT_EQ(checked_log_head(state).value().size, 2u);
}

TEST_F(Logged, WhatIsNotInTheLogIsRefusedAgainAndAgain) {
  RepositoryClient client = open();
  AvailablePatchset other = newest(client);
  ASSERT_EQ(code(client.check_logged(other)), "ok");
  other.module.sha256[0] = other.module.sha256[0] == 'a' ? 'b' : 'a';
  EXPECT_EQ(code(client.check_logged(other)), "log.not-included");
  EXPECT_EQ(code(client.check_logged(other)), "log.not-included");
  other = newest(client);
  other.log_index = 1;
  EXPECT_EQ(code(client.check_logged(other)), "log.not-included");
}

TEST_F(Logged, AWithdrawalIsInTheLogAsWell) {
  must(withdraw_level(repository.context, kStable, kBuildId, 1, "it hangs"));
  RepositoryClient client = open();
  AvailablePatchset withdrawn = must(client.catalog(kStable, kBuildId)).levels.front();
  EXPECT_EQ(code(client.check_logged(withdrawn)), "ok");
  withdrawn.withdrawn->reason = "it does not hang";
  EXPECT_EQ(code(client.check_logged(withdrawn)), "log.not-included");
}

TEST_F(Logged, WhatWasFoundUnderThisHeadCostsNothingAgain) {
  RepositoryClient client = open();
  must(client.check_logged(newest(client)));
  fetcher.fetched.clear();
  must(client.check_logged(newest(client)));
  EXPECT_TRUE(fetcher.fetched.empty());
}

TEST_F(Logged, ALogThatIsAnotherThanTheOneBeforeIsRefused) {
  RepositoryClient client = open();
  must(client.check_logged(newest(client)));
  std::string head = must(read_text_file(state / "log.head"));
  const auto root = head.find("\"root\"");
  ASSERT_NE(root, std::string::npos);
  char& digit = head[head.find('"', head.find(':', root)) + 1];
  digit = digit == '0' ? '1' : '0';
  must(write_file(state / "log.head", head));
  EXPECT_EQ(code(client.check_logged(newest(client))), "log.inconsistent");
  must(repository.publish(2));
  must(client.refresh(kNow));
  EXPECT_EQ(code(client.check_logged(newest(client))), "log.inconsistent");
}

TEST_F(Logged, DamagedTilesAreRefused) {
  RepositoryClient client = open();
  fetcher.instead["log/tile/0/000.p/1"] = Bytes(32);
  EXPECT_EQ(code(client.check_logged(newest(client))), "log.damaged");
  fetcher.instead["log/tile/0/000.p/1"] = Bytes(31);
  EXPECT_EQ(code(client.check_logged(newest(client))), "log.malformed");
}

}  // namespace
}  // namespace suture
