// SPDX-License-Identifier: Apache-2.0
#include "agent/system_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/termbits.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace suture {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which architecture do system calls come from?"
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
/// Programs have a way without a call that an older kernel does not have; glibc goes back from clone3 to
/// clone, whose flags can be seen here.
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kNoFamily = SECCOMP_RET_ERRNO | EAFNOSUPPORT;
constexpr std::uint32_t kKill = SECCOMP_RET_KILL_PROCESS;

/// Whatever their arguments are: none of them reaches beyond what the user's rights, Landlock and the limits
/// leave.
constexpr long kAllowed[] = {
// Files, and descriptors.
#ifdef SYS_open  // x86 has older forms beside those that each architecture has
    SYS_open, SYS_access, SYS_stat, SYS_lstat, SYS_readlink, SYS_mkdir, SYS_rmdir, SYS_rename, SYS_unlink,
    SYS_chmod, SYS_pipe, SYS_dup2,
#endif
    SYS_openat, SYS_close, SYS_close_range, SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev,
    SYS_pwrite64, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat,
    SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_mkdirat, SYS_renameat, SYS_renameat2,
    SYS_unlinkat, SYS_fchmod, SYS_fchmodat, SYS_umask, SYS_utimensat, SYS_ftruncate, SYS_fallocate, SYS_fsync,
    SYS_fdatasync, SYS_flock, SYS_fcntl, SYS_fadvise64, SYS_copy_file_range, SYS_sendfile, SYS_dup, SYS_dup3,
    SYS_pipe2, SYS_eventfd2,
// Waiting.
#ifdef SYS_poll
    SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_pause,
#endif
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_nanosleep,
    SYS_clock_nanosleep, SYS_restart_syscall,
    // The network: these need a socket first.
    SYS_connect, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_shutdown,
    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
    // Memory and threads.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_set_robust_list, SYS_get_robust_list,
    SYS_rseq, SYS_membarrier, SYS_sched_yield, SYS_sched_getaffinity, SYS_getcpu, SYS_exit, SYS_exit_group,
    // Signals to itself.
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack,
// What it is, and what time it is.
#ifdef SYS_time
    SYS_time,
#endif
    SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups,
    SYS_getresuid, SYS_getresgid, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times, SYS_getrandom,
    SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday};

/// Nothing that a download, or a library that it uses, ever asks for. Who asks is not our code any longer.
constexpr long kDeadly[] = {
    SYS_execve,
    SYS_execveat,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_by_handle_at,
    SYS_fanotify_init,
    SYS_quotactl,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_unshare,
    SYS_setns,
    SYS_reboot,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_setdomainname,
};

using Code = std::vector<struct sock_filter>;

void load(Code& code, std::size_t offset) {
  code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}

void end(Code& code, std::uint32_t verdict) {
  code.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
}

void jump_if_equal(Code& code, std::uint32_t value, std::size_t yes, std::size_t no) {
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, static_cast<std::uint8_t>(yes),
                          static_cast<std::uint8_t>(no)));
}

/// The lower half of an argument: the kernel takes no more of an int or of flags, on these architectures.
void load_argument(Code& code, unsigned argument, std::uint32_t mask) {
  load(code, offsetof(struct seccomp_data, args) + std::size_t{8} * argument);
  code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
}

/// What is looked at in one call's arguments, one thing after the other; the rest is allowed.
class Arguments {
 public:
  /// Ends with `verdict` unless the masked argument is one of `values`.
  Arguments& one_of(unsigned argument, std::uint32_t mask, std::initializer_list<std::uint32_t> values,
                    std::uint32_t verdict) {
    load_argument(code_, argument, mask);
    std::size_t behind = values.size();
    for (const std::uint32_t value : values) jump_if_equal(code_, value, behind--, 0);
    end(code_, verdict);
    return *this;
  }

  /// Ends with a refusal if all of `bits` are set.
  Arguments& never_all(unsigned argument, std::uint32_t bits) {
    load_argument(code_, argument, bits);
    jump_if_equal(code_, bits, 0, 1);
    end(code_, kRefuse);
    return *this;
  }

  Arguments& null(unsigned argument) {
    for (const unsigned half : {0u, 4u}) {
      load(code_, offsetof(struct seccomp_data, args) + std::size_t{8} * argument + half);
      jump_if_equal(code_, 0, 1, 0);
      end(code_, kRefuse);
    }
    return *this;
  }

  Code take() {
    end(code_, kAllow);
    return std::move(code_);
  }

 private:
  Code code_;
};

/// In `code`, the number of the call is in the accumulator between two blocks; each way through a block ends.
void add_block(Code& code, long number, const Code& block) {
  jump_if_equal(code, static_cast<std::uint32_t>(number), 0, block.size());
  code.insert(code.end(), block.begin(), block.end());
}

void add_call(Code& code, long number, std::uint32_t verdict) {
  Code block;
  end(block, verdict);
  add_block(code, number, block);
}

Code begin() {
  Code code;
  load(code, offsetof(struct seccomp_data, arch));
  jump_if_equal(code, kArchitecture, 1, 0);
  end(code, kKill);
  load(code, offsetof(struct seccomp_data, nr));
  // Numbers from there on are x32's, which is of the same name (arch/x86/include/asm/unistd.h).
  constexpr std::uint32_t kFirstOfX32 = 0x40000000;
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirstOfX32, 0, 1));
  end(code, kKill);
  return code;
}

/// glibc asks over netlink which kinds of addresses the host has, and takes a refusal for "both".
Code socket_block(std::initializer_list<std::uint32_t> families) {
  constexpr std::uint32_t kType = 0xff;  // SOCK_CLOEXEC and SOCK_NONBLOCK stand above
  return Arguments()
      .one_of(0, ~0u, families, kNoFamily)
      .one_of(1, kType, {SOCK_STREAM, SOCK_DGRAM}, kRefuse)
      .one_of(2, ~0u, {0, IPPROTO_TCP, IPPROTO_UDP}, kRefuse)
      .take();
}

void add_filtered(Code& code) {
  constexpr std::uint32_t kNameMemory = 0x53564d41;  // PR_SET_VMA, for people who read /proc/PID/maps
  add_block(code, SYS_socket, socket_block({AF_UNIX, AF_INET, AF_INET6}));
  add_block(code, SYS_socketpair, socket_block({AF_UNIX}));
  add_block(code, SYS_clone, Arguments().one_of(0, CLONE_THREAD, {CLONE_THREAD}, kRefuse).take());
  add_block(code, SYS_mmap, Arguments().never_all(2, PROT_WRITE | PROT_EXEC).take());
  add_block(code, SYS_mprotect, Arguments().never_all(2, PROT_EXEC).take());
  add_block(code, SYS_ioctl, Arguments().one_of(1, ~0u, {FIONREAD, FIONBIO, TCGETS}, kRefuse).take());
  add_block(
      code, SYS_prctl,
      Arguments().one_of(0, ~0u, {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, kNameMemory}, kRefuse).take());
  add_block(code, SYS_prlimit64, Arguments().null(2).take());
  add_block(code, SYS_tgkill,
            Arguments().one_of(0, ~0u, {static_cast<std::uint32_t>(::getpid())}, kRefuse).take());
}

}  // namespace

Result<void> allow_only_known_calls() {
  Code code = begin();
  // The kernel runs through this at each call: what is called most stands first.
  for (const long number : kAllowed) add_call(code, number, kAllow);
  add_filtered(code);
  for (const long number : kDeadly) add_call(code, number, kKill);
  end(code, kUnknown);
  const struct sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return {};
  return fail_errno("agent.sandbox", "keep a process to the system calls that it needs");
}

}  // namespace suture
