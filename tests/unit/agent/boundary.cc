// SPDX-License-Identifier: Apache-2.0
//
// The two borders of the agent: the process without rights, and the control socket.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "agent/control.h"
#include "agent/unprivileged.h"
#include "base/json.h"
#include "fixture.h"

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

TEST(Control, ARequestIsAnswered) {
  Host host;
  Agent agent = host.agent();
  const auto control = ControlSocket::listen(host.config.socket);
  ASSERT_TRUE(control) << control.error().message();
  struct stat info {};
  ASSERT_EQ(::stat(host.config.socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  for (const char* request : {"status", "dance"}) {
    Result<Json> answer;
    std::thread client([&] { answer = ask_daemon(host.config.socket, request, seconds(10)); });
    struct pollfd waiting = {control->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
    control->serve_one([&](std::string_view asked) { return handle_request(agent, asked); });
    client.join();
    if (std::string_view(request) == "status") {
      ASSERT_TRUE(answer) << answer.error().message();
      EXPECT_EQ(answer->at("status").at("state"), "unpatched");
    } else {
      EXPECT_EQ(answer.error().code, "control.request");
    }
  }
  EXPECT_EQ(ControlSocket::listen(host.config.socket).error().code, "control.in-use");
}

TEST(Control, NoDaemonIsTold) {
  Host host;
  EXPECT_EQ(ask_daemon(host.config.socket, "status", seconds(1)).error().code, "control.absent");
}

}  // namespace
}  // namespace suture
