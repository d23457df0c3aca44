// SPDX-License-Identifier: Apache-2.0
//
// Several servers over real sockets: some are away, some behind, some lie.
#include "agent/failover.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../repository/evil_server.h"
#include "../repository/make.h"
#include "agent/repository_source.h"
#include "repository/role_keys.h"

namespace suture::test {
namespace {

namespace fs = std::filesystem;

struct Servers {
  Servers() {
    repository.context.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    fs::remove_all(repository.context.repository);
    EXPECT_TRUE(init_repository(repository.context, {.channels = {"stable"}, .bins = 2}));
    must(repository.publish(1));
    copy_to("behind");
    module = must(repository.publish(2));
    ::chmod(repository.folder.path().c_str(), 0755);
    ::chmod(folder.path().c_str(), 0755);
    config.distribution = "debian";
    config.root = folder.path() / "root.json";
    config.state = folder.path() / "state";
    config.repository = first.url() + ", " + second.url();
    fs::copy_file(repository.metadata("1.root.json"), config.root);
  }
  fs::path copy_to(const std::string& name) const {
    fs::copy(repository.context.repository, folder.path() / name, fs::copy_options::recursive);
    return folder.path() / name;
  }
  Result<Answer> ask() const {
    RunningKernel kernel;
    kernel.build_id = kBuildId;
    return RepositorySource(config).ask({.kernel = kernel});
  }
  std::uint32_t offered() const { return must(ask()).offer.value().patchset.level; }
  std::string module_path() const { return module.stored(module.module); }

  Repository repository;
  TempDir folder = scratch();
  AvailablePatchset module;
  EvilServer first{repository.context.repository};
  EvilServer second{repository.context.repository};
  AgentConfig config;
};

TEST(Failover, TheFirstThatAnswersIsEnough) {
  Servers servers;
  EXPECT_EQ(servers.offered(), 2u);
  EXPECT_TRUE(servers.second.requests().empty());
}

TEST(Failover, AServerThatIsAwayIsPassedOver) {
  Servers servers;
  servers.config.repository = "http://127.0.0.1:1, " + servers.second.url();
  EXPECT_EQ(servers.offered(), 2u);
}

TEST(Failover, AServerThatFailsInTheMiddleIsPassedOver) {
  Servers servers;
  servers.first.behave(servers.module_path(), {.status = 503});
  EXPECT_EQ(servers.offered(), 2u);
  EXPECT_GT(servers.second.sent("metadata/timestamp.json"), 0u);
}

TEST(Failover, AServerWithoutTheRepositoryIsPassedOver) {
  Servers servers;
  servers.first.serve(servers.folder.path() / "nothing");
  EXPECT_EQ(servers.offered(), 2u);
}

TEST(Failover, AServerThatLiesIsPassedOver) {
  Servers servers;
  servers.first.answer("metadata/timestamp.json", "{\"signed\":{},\"signatures\":[]}");
  EXPECT_EQ(servers.offered(), 2u);
  servers.first.behave_well();
  servers.first.answer(servers.module_path(), "not the module");
  fs::remove_all(servers.config.state);
  EXPECT_EQ(servers.offered(), 2u);
}

TEST(Failover, AServerThatFellBehindIsPassedOver) {
  Servers servers;
  EXPECT_EQ(servers.offered(), 2u);
  servers.first.serve(servers.folder.path() / "behind");
  EXPECT_EQ(servers.offered(), 2u);
  EXPECT_FALSE(servers.second.requests().empty());
}

TEST(Failover, ASlowServerCostsItsShareOfTheTime) {
  Servers servers;
  servers.config.download_timeout = std::chrono::seconds(4);
  // A byte a second: not stalled, but never done.
  servers.first.behave(servers.module_path(), {.drip = true});
  EXPECT_EQ(servers.offered(), 2u);
}

TEST(Failover, WhatOneServerCutOffIsNotContinuedFromAnother) {
  Servers servers;
  // A wrong beginning, and then nothing: whoever goes on from there gets a wrong module.
  const auto length = servers.module.module.length;
  servers.first.behave(servers.module_path(),
                       {.bytes = Bytes(length, 'x'), .cut = length / 2, .ranges = false});
  EXPECT_EQ(servers.offered(), 2u);
  EXPECT_EQ(servers.second.sent(servers.module_path()), length);
}

TEST(Failover, AnEntityTagStaysWithItsServer) {
  Servers servers;
  EXPECT_EQ(servers.offered(), 2u);
  must(servers.ask());
  EXPECT_TRUE(std::ranges::any_of(servers.first.requests(), [](const auto& r) { return r.status == 304; }));
  servers.config.repository = servers.second.url();
  must(servers.ask());
  for (const auto& request : servers.second.requests()) EXPECT_EQ(request.if_none_match, "");
}

TEST(Failover, WhenAllFailEachIsNamedWithItsReason) {
  Servers servers;
  servers.config.repository = "http://127.0.0.1:1, " + servers.second.url();
  servers.second.answer("metadata/timestamp.json", "{\"signed\":{},\"signatures\":[]}");
  const auto answer = servers.ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "repository.no-server");
  EXPECT_NE(answer.error().why.find("http://127.0.0.1:1: "), std::string::npos) << answer.error().why;
  EXPECT_NE(answer.error().why.find(servers.second.url() + ": "), std::string::npos);
  EXPECT_NE(answer.error().why.find("[repository.unreachable]"), std::string::npos);
}

TEST(Failover, WhatIsWrongHereIsNotAskedElsewhere) {
  std::vector<std::string> asked;
  const auto done = try_servers({"a", "b"}, std::chrono::seconds(10), [&](const Server& server) {
    asked.push_back(server.url);
    return Result<void>(fail("file.unwritable", "write", "the disk is full"));
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "file.unwritable");
  EXPECT_EQ(asked, std::vector<std::string>{"a"});
}

TEST(Failover, TheTimeIsSharedAmongThoseThatAreLeft) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::vector<Clock::duration> ends;
  static_cast<void>(try_servers({"a", "b", "c"}, std::chrono::hours(3), [&](const Server& server) {
    ends.push_back(server.end - begin);
    return Result<void>(fail("repository.unreachable", "fetch", "as the test wants it"));
  }));
  ASSERT_EQ(ends.size(), 3u);
  EXPECT_EQ(std::chrono::round<std::chrono::hours>(ends[0]), std::chrono::hours(1));
  // What the first did not need is the others'.
  EXPECT_EQ(std::chrono::round<std::chrono::minutes>(ends[1]), std::chrono::minutes(90));
  EXPECT_EQ(std::chrono::round<std::chrono::hours>(ends[2]), std::chrono::hours(3));
}

}  // namespace
}  // namespace suture::test
