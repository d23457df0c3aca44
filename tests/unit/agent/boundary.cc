// SPDX-License-Identifier: Apache-2.0
//
// The border of the agent to the process without rights.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/unprivileged.h"
#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

using std::chrono::seconds;

TEST(Unprivileged, TheChildHasGivenUpItsUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "nothing to give up";
  const auto user = Unprivileged::find();
  EXPECT_NE(user.uid, 0u);
  const auto answer = run_unprivileged(user, seconds(10), []() -> Result<Json> {
    return Json{{"uid", ::getuid()}, {"back", ::setresuid(0, 0, 0) == 0}};
  });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->at("uid"), user.uid);
  EXPECT_EQ(answer->at("back"), false);
}

TEST(Unprivileged, ItsErrorsKeepTheirCodes) {
  const auto answer = run_unprivileged(Unprivileged::find(), seconds(10), []() -> Result<Json> {
    return fail("repository.expired", "read it", "too old", "Wait.");
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "repository.expired");
  EXPECT_EQ(answer.error().hint, "Wait.");
}

TEST(Unprivileged, ACrashIsAnError) {
  const auto answer = run_unprivileged(Unprivileged::find(), seconds(10), []() -> Result<Json> {
    ::raise(SIGKILL);
    return Json{};
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "agent.child");
}

TEST(Unprivileged, OneThatHangsIsKilled) {
  const auto answer = run_unprivileged(Unprivileged::find(), seconds(1), []() -> Result<Json> {
    for (;;) ::pause();
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "agent.child");
}

TEST(HandOver, OnlyPlainFilesOfTheRightLengthAreTaken) {
  const auto folder = TempDir::make("suture-spool").value();
  const auto file = folder.path() / "module.ko";
  ASSERT_TRUE(write_file(file, std::string_view("four")));
  EXPECT_EQ(read_handed_over(file, 4)->size(), 4u);
  EXPECT_EQ(read_handed_over(file, 5).error().code, "agent.hand-over");
  ASSERT_EQ(::symlink(file.c_str(), (folder.path() / "link").c_str()), 0);
  EXPECT_EQ(read_handed_over(folder.path() / "link", 4).error().code, "agent.hand-over");
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_handed_over(folder.path() / "pipe", 4).error().code, "agent.hand-over");
}

}  // namespace
}  // namespace suture
