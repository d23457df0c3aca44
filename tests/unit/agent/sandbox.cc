// SPDX-License-Identifier: Apache-2.0
//
// What a process that handles remote bytes can no longer do, tried from within; and what it still can.
#include "agent/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "agent/unprivileged.h"
#include "base/json.h"

namespace suture {
namespace {

using std::chrono::seconds;

/// What `attempt` returned in there, and errno.
std::string tried(const std::function<long()>& attempt,
                  const std::vector<std::filesystem::path>& writable = {}) {
  const auto answer = run_unprivileged(
      Unprivileged::find(), seconds(20),
      [&]() -> Result<Json> {
        errno = 0;
        const long result = attempt();
        return Json{{"result", result < 0 ? std::string(strerrorname_np(errno)) : "done"}};
      },
      writable);
  return answer ? answer->at("result").get<std::string>() : answer.error().code;
}

struct Call {
  const char* name;
  long number;
};

class Deadly : public testing::TestWithParam<Call> {};

/// With arguments that the kernel would refuse.
TEST_P(Deadly, KillsTheProcess) {
  EXPECT_EQ(tried([] { return ::syscall(GetParam().number, -1L, 0L, -1L, 0L, -1L, 0L); }),
            "agent.forbidden-call");
}

INSTANTIATE_TEST_SUITE_P(
    Sandbox, Deadly,
    testing::Values(Call{"execve", SYS_execve}, Call{"execveat", SYS_execveat}, Call{"ptrace", SYS_ptrace},
                    Call{"process_vm_writev", SYS_process_vm_writev}, Call{"init_module", SYS_init_module},
                    Call{"finit_module", SYS_finit_module}, Call{"delete_module", SYS_delete_module},
                    Call{"kexec_load", SYS_kexec_load}, Call{"bpf", SYS_bpf},
                    Call{"perf_event_open", SYS_perf_event_open}, Call{"userfaultfd", SYS_userfaultfd},
                    Call{"mount", SYS_mount}, Call{"umount2", SYS_umount2},
                    Call{"move_mount", SYS_move_mount}, Call{"pivot_root", SYS_pivot_root},
                    Call{"chroot", SYS_chroot}, Call{"unshare", SYS_unshare}, Call{"setns", SYS_setns},
                    Call{"open_by_handle_at", SYS_open_by_handle_at}, Call{"reboot", SYS_reboot},
                    Call{"syslog", SYS_syslog}, Call{"clock_settime", SYS_clock_settime}),
    [](const auto& call) { return std::string(call.param.name); });

#if defined(__x86_64__)
TEST(Sandbox, TheOtherKindsOfSystemCallsOfThisMachineKill) {
  constexpr long kX32 = 0x40000000;
  EXPECT_EQ(tried([] { return ::syscall(kX32 + SYS_getpid); }), "agent.forbidden-call");
  EXPECT_EQ(tried([] {
              long result = 20;  // getpid of 32 bits
              asm volatile("int $0x80" : "+a"(result) : : "memory");
              return result;
            }),
            "agent.forbidden-call");
}
#endif

TEST(Sandbox, WhatProgramsProbeForIsNotThere) {
  const auto absent = [](long number) {
    return tried([=] { return ::syscall(number, 0L, 0L, 0L, 0L, 0L, 0L); });
  };
  EXPECT_EQ(absent(SYS_clone3), "ENOSYS");
  EXPECT_EQ(absent(SYS_keyctl), "ENOSYS");
  EXPECT_EQ(absent(SYS_add_key), "ENOSYS");
  EXPECT_EQ(absent(SYS_io_uring_setup), "ENOSYS");
  EXPECT_EQ(absent(SYS_memfd_create), "ENOSYS");
  EXPECT_EQ(absent(SYS_setuid), "ENOSYS");
  EXPECT_EQ(absent(SYS_bind), "ENOSYS");
  EXPECT_EQ(absent(SYS_accept4), "ENOSYS");
  EXPECT_EQ(absent(SYS_kill), "ENOSYS");
  EXPECT_EQ(absent(SYS_seccomp), "ENOSYS");
  constexpr long kOfTheFuture = 4000;
  EXPECT_EQ(absent(kOfTheFuture), "ENOSYS");
}

TEST(Sandbox, OnlyStreamsAndDatagramsOfThreeFamilies) {
  const auto opened = [](int family, int type, int protocol) {
    return tried([=] { return ::socket(family, type, protocol); });
  };
  for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
    EXPECT_EQ(opened(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "done");
    EXPECT_EQ(opened(family, SOCK_DGRAM, 0), "done");
  }
  EXPECT_EQ(opened(AF_INET, SOCK_STREAM, IPPROTO_TCP), "done");
  EXPECT_EQ(opened(AF_NETLINK, SOCK_DGRAM, 0), "EAFNOSUPPORT");
  EXPECT_EQ(opened(AF_PACKET, SOCK_DGRAM, 0), "EAFNOSUPPORT");
  EXPECT_EQ(opened(AF_VSOCK, SOCK_STREAM, 0), "EAFNOSUPPORT");
  EXPECT_EQ(opened(AF_ALG, SOCK_STREAM, 0), "EAFNOSUPPORT");
  EXPECT_EQ(opened(AF_INET, SOCK_RAW, IPPROTO_TCP), "EPERM");
  EXPECT_EQ(opened(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6), "EPERM");
  EXPECT_EQ(opened(AF_INET, SOCK_STREAM, IPPROTO_SCTP), "EPERM");
  EXPECT_EQ(tried([] {
              int pair[2];
              return ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            }),
            "done");
}

TEST(Sandbox, ThreadsButNoProcesses) {
  EXPECT_EQ(tried([] {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              return child;
            }),
            "EPERM");
  EXPECT_EQ(tried([] {
              pthread_t thread{};
              long result = -1;
              const auto work = [](void* to) -> void* {
                *static_cast<long*>(to) = ::socket(AF_NETLINK, SOCK_DGRAM, 0) < 0 ? 7 : -1;
                return nullptr;
              };
              if (::pthread_create(&thread, nullptr, work, &result) != 0) return -1L;
              ::pthread_join(thread, nullptr);
              return result;
            }),
            "done");
}

TEST(Sandbox, NoMemoryIsWrittenAndExecuted) {
  constexpr std::size_t kPage = 4096;
  const auto map = [](int protection) {
    return ::mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  EXPECT_EQ(tried([&] { return map(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED ? -1 : 0; }), "EPERM");
  EXPECT_EQ(tried([&] { return ::mprotect(map(PROT_READ | PROT_WRITE), kPage, PROT_READ | PROT_EXEC); }),
            "EPERM");
  EXPECT_EQ(tried([&] { return ::mprotect(map(PROT_READ | PROT_WRITE), kPage, PROT_READ); }), "done");
}

TEST(Sandbox, ItCannotBeLeft) {
  EXPECT_EQ(tried([] { return ::prctl(PR_SET_PDEATHSIG, 0); }), "EPERM");
  EXPECT_EQ(tried([] { return ::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0); }), "EPERM");
  EXPECT_EQ(tried([] { return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0); }), "EPERM");
  EXPECT_EQ(tried([] {
              const struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
              return ::setrlimit(RLIMIT_AS, &more);
            }),
            "EPERM");
  EXPECT_EQ(tried([] {
              char key = 'x';
              return ::ioctl(0, TIOCSTI, &key);
            }),
            "EPERM");
}

TEST(Sandbox, SignalsReachItselfAlone) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(tried([=] { return ::syscall(SYS_tgkill, parent, parent, 0); }), "EPERM");
  EXPECT_EQ(tried([] { return ::syscall(SYS_tgkill, ::getpid(), ::getpid(), 0); }), "done");
}

TEST(Sandbox, NoCapabilityIsLeft) {
  const auto answer = run_unprivileged(Unprivileged::find(), seconds(10), []() -> Result<Json> {
    return Json{{"status", TRY(read_text_file("/proc/self/status"))}};
  });
  ASSERT_TRUE(answer) << answer.error().message();
  const std::string status = answer->at("status");
  for (const char* line : {"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
                           "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"}) {
    EXPECT_NE(status.find(line), std::string::npos) << line << "\n" << status;
  }
}

TEST(Sandbox, WhatTheDaemonHasOpenIsClosed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(tried([&] { return ::fcntl(ends[0], F_GETFD); }), "EBADF");
  EXPECT_EQ(tried([&] { return ::write(ends[1], "x", 1); }), "EBADF");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Sandbox, NamesAreResolved) {
  EXPECT_EQ(tried([] {
              struct addrinfo* found = nullptr;
              return ::getaddrinfo("127.0.0.1", "80", nullptr, &found) == 0 &&
                             ::getaddrinfo("localhost", "80", nullptr, &found) == 0
                         ? 0
                         : -1;
            }),
            "done");
}

class SandboxFiles : public testing::Test {
 protected:
  /// All belong to the user who would write: the modes do not stand in the way.
  void SetUp() override {
    const Unprivileged user = Unprivileged::find();
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    for (const char* name : {"own", "other"}) {
      ASSERT_TRUE(give_folder(folder_.path() / name, user));
      ASSERT_TRUE(write_file(folder_.path() / name / "old", std::string_view("old")));
      ASSERT_EQ(::chown((folder_.path() / name / "old").c_str(), user.uid, user.gid), 0);
    }
  }
  std::string in(const char* folder, const std::function<long(const std::string&)>& attempt) const {
    const std::string path = folder_.path() / folder;
    return tried([&] { return attempt(path); }, {folder_.path() / "own"});
  }

  TempDir folder_ = TempDir::make("suture-sandbox").value();
};

long make_file(const std::string& folder) {
  return ::open((folder + "/new").c_str(), O_CREAT | O_WRONLY, 0600);
}
long change_file(const std::string& folder) {
  return ::open((folder + "/old").c_str(), O_WRONLY);
}
long read_old(const std::string& folder) {
  return ::open((folder + "/old").c_str(), O_RDONLY);
}
long make_folder(const std::string& folder) {
  return ::mkdir((folder + "/folder").c_str(), 0700);
}
long rename_old(const std::string& folder) {
  return ::rename((folder + "/old").c_str(), (folder + "/older").c_str());
}
long remove_old(const std::string& folder) {
  return ::unlink((folder + "/old").c_str());
}

TEST_F(SandboxFiles, ItsOwnFoldersCanBeWritten) {
  for (const auto attempt : {make_file, change_file, read_old, make_folder}) {
    EXPECT_EQ(in("own", attempt), "done");
  }
  EXPECT_EQ(in("own", rename_old), "done");
  EXPECT_EQ(in("own", [](const std::string& folder) { return ::unlink((folder + "/older").c_str()); }),
            "done");
}

TEST_F(SandboxFiles, LinksAndSpecialFilesAreNotMade) {
  EXPECT_EQ(in("own", [](const std::string& folder) { return ::symlink("old", (folder + "/link").c_str()); }),
            "ENOSYS");
  EXPECT_EQ(in("own", [](const std::string& folder) { return ::mkfifo((folder + "/pipe").c_str(), 0600); }),
            "ENOSYS");
}

TEST_F(SandboxFiles, NoOtherFolderCan) {
  if (landlock_version() < 2) GTEST_SKIP() << "this kernel has no Landlock that is used";
  EXPECT_EQ(in("other", read_old), "done");
  for (const auto attempt : {make_file, change_file, make_folder, rename_old, remove_old}) {
    EXPECT_EQ(in("other", attempt), "EACCES");
  }
}

}  // namespace
}  // namespace suture
