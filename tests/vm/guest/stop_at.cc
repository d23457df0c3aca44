// SPDX-License-Identifier: Apache-2.0
//
// Ends a program, or the whole machine, right before one of the steps that leave a trace:
//
//   stop_at list COMMAND...      runs it to its end, and prints the steps that it took
//   stop_at kill N COMMAND...    kills it with SIGKILL before its Nth step; exit status 99 when it came so
//   stop_at cut N COMMAND...    resets the machine there, which loses what is not on the disk
//
// A step is a call that changes what another process, or the next boot, finds: a folder or file that is made,
// renamed, removed, handed over or brought to the disk, a module that is loaded or unloaded, a write to
// sysfs. So is the first pause after one of them: a program that waits, as for a transition. Between two
// steps nothing changes that anybody else can see, other than the bytes of files under a name of their own.
//
// The kernel stops the program at these calls alone (SECCOMP_RET_TRACE in seccomp(2)); its children as well,
// but it is the program itself that is killed, as by the kernel when memory runs out.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr int kStopped = 99;

struct Call {
  unsigned long number;
  const char* name;
  int path;  ///< which argument is a path, or -1
};

constexpr std::array kCalls{
    Call{SYS_fsync, "fsync", -1},
    Call{SYS_fdatasync, "fdatasync", -1},
    Call{SYS_rename, "rename", 1},
    Call{SYS_renameat, "renameat", 3},
    Call{SYS_renameat2, "renameat2", 3},
    Call{SYS_unlink, "unlink", 0},
    Call{SYS_unlinkat, "unlinkat", 1},
    Call{SYS_mkdir, "mkdir", 0},
    Call{SYS_mkdirat, "mkdirat", 1},
    Call{SYS_rmdir, "rmdir", 0},
    Call{SYS_link, "link", 1},
    Call{SYS_symlink, "symlink", 1},
    Call{SYS_truncate, "truncate", 0},
    Call{SYS_ftruncate, "ftruncate", -1},
    Call{SYS_chown, "chown", 0},
    Call{SYS_lchown, "lchown", 0},
    Call{SYS_init_module, "init_module", -1},
    Call{SYS_finit_module, "finit_module", -1},
    Call{SYS_delete_module, "delete_module", 0},
    Call{SYS_write, "write", -1},
    Call{SYS_nanosleep, "pause", -1},
    Call{SYS_clock_nanosleep, "pause", -1},
};

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "stop_at: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// The calls above stop, all others go on as they are.
void install_filter() {
  std::array<sock_filter, 3 * kCalls.size() + 8> code{};
  std::size_t used = 0;
  const auto add = [&](sock_filter instruction) { code[used++] = instruction; };
  add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const Call& call : kCalls) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call.number), 0, 1));
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(used), code.data()};
  // As root it needs no PR_SET_NO_NEW_PRIVS.
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) give_up("install a filter");
}

unsigned long argument(const user_regs_struct& registers, int index) {
  switch (index) {
    case 0:
      return registers.rdi;
    case 1:
      return registers.rsi;
    case 2:
      return registers.rdx;
    default:
      return registers.r10;
  }
}

/// A string in the memory of a process that is stopped.
std::string text_at(pid_t pid, unsigned long address) {
  std::string text;
  while (text.size() < 512) {
    errno = 0;
    const long word = ptrace(PTRACE_PEEKDATA, pid, address + text.size(), nullptr);
    if (errno != 0) break;
    std::array<char, sizeof word> bytes{};
    std::memcpy(bytes.data(), &word, sizeof word);
    const auto* const end = std::ranges::find(bytes, '\0');
    text.append(bytes.data(), static_cast<std::size_t>(end - bytes.begin()));
    if (end != bytes.end()) break;
  }
  return text;
}

std::string file_of(pid_t pid, unsigned long fd) {
  std::array<char, 512> target{};
  const std::string link = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

/// What a step does, in words; empty when the call is none.
std::string step_of(pid_t pid, bool child, std::string_view before) {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return {};
  const auto* const call = std::ranges::find(kCalls, registers.orig_rax, &Call::number);
  if (call == kCalls.end()) return {};
  std::string what = child ? std::string("child: ") + call->name : call->name;
  if (call->number == SYS_write) {
    const std::string file = file_of(pid, registers.rdi);
    return file.starts_with("/sys/") ? what + " " + file : std::string();
  }
  // Waiting takes as many pauses as it takes.
  if (std::string_view(call->name) == "pause") return before.ends_with("pause") ? std::string() : what;
  if (call->path >= 0) return what + " " + text_at(pid, argument(registers, call->path));
  if (call->number == SYS_init_module) return what;
  return what + " " + file_of(pid, registers.rdi);
}

[[noreturn]] void cut(int step, const std::string& what) {
  std::fprintf(stderr, "stop_at: the machine is cut off before step %d: %s\n", step, what.c_str());
  const int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "b", 1) != 1) give_up("reset the machine");
  for (;;) pause();
}

[[noreturn]] void end_with(int status) {
  if (WIFEXITED(status)) std::exit(WEXITSTATUS(status));
  std::exit(128 + WTERMSIG(status));
}

/// Where to stop.
class Place {
 public:
  explicit Place(const std::string& text) {
    const std::size_t mark = text.rfind('#');
    if (mark == std::string::npos) {
      left_ = static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
      return;
    }
    begins_ = text.substr(0, mark);
    char* rest = nullptr;
    times_ = static_cast<int>(std::strtol(text.c_str() + mark + 1, &rest, 10));
    left_ = 1 + static_cast<int>(std::strtol(rest, nullptr, 10));
  }

  bool reached_with(const std::string& what) {
    if (times_ > 0 && what.starts_with(begins_)) --times_;
    return times_ == 0 && --left_ == 0;
  }

 private:
  std::string begins_;
  int times_ = 0;  ///< how often such a step is still to come
  int left_ = 0;   ///< steps from there on
};

/// `stopped`: the process that is at the step, the program or a child of it.
[[noreturn]] void end_all(pid_t program, pid_t stopped) {
  kill(program, SIGKILL);
  // A child asked to die with the program, and cannot hear of that while it is stopped.
  kill(stopped, SIGKILL);
  int status = 0;
  for (pid_t other = 0; (other = waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status)) kill(other, SIGKILL);
  }
  std::exit(kStopped);
}

[[noreturn]] void watch(pid_t program, std::string_view mode, Place place) {
  int step = 0;
  std::string before;
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) give_up("wait");
    if (!WIFSTOPPED(status)) {
      if (pid == program) end_with(status);
      continue;
    }
    const int event = status >> 16;
    const std::string what = event == PTRACE_EVENT_SECCOMP ? step_of(pid, pid != program, before) : "";
    if (!what.empty()) {
      before = what;
      ++step;
      if (mode == "list") {
        std::printf("%d %s\n", step, what.c_str());
      } else if (place.reached_with(what)) {
        if (mode == "cut") cut(step, what);
        std::printf("killed before step %d: %s\n", step, what.c_str());
        end_all(program, pid);
      }
    }
    // What stops for us, or as a new child does, is no signal that it is to have.
    const int signal = WSTOPSIG(status);
    ptrace(PTRACE_CONT, pid, nullptr, event != 0 || signal == SIGSTOP ? 0 : signal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const int first = mode == "list" ? 2 : 3;
  if ((mode != "list" && mode != "kill" && mode != "cut") || argc <= first) {
    std::fprintf(stderr, "usage: stop_at list | kill WHERE | cut WHERE COMMAND...\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const pid_t program = fork();
  if (program < 0) give_up("fork");
  if (program == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) give_up("be traced");
    raise(SIGSTOP);  // until the options are set
    install_filter();
    execvp(argv[first], argv + first);
    give_up(argv[first]);
  }
  int status = 0;
  constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (waitpid(program, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, program, nullptr, kOptions) != 0 ||
      ptrace(PTRACE_CONT, program, nullptr, 0) != 0) {
    give_up("trace it");
  }
  watch(program, mode, Place(argv[2]));
}
