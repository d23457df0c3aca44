// SPDX-License-Identifier: Apache-2.0
#include "qualify/guest/program/fentry.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace suture::guest {
namespace {

constexpr int kCannot = 3;

int cannot(const char* what, int error) {
  std::printf("%s: %s\n", what, std::strerror(error < 0 ? -error : error));
  return kCannot;
}

}  // namespace

int fentry(const char* function) {
  libbpf_set_print(nullptr);
  const int id = libbpf_find_vmlinux_btf_id(function, BPF_TRACE_FENTRY);
  if (id < 0) return cannot("the kernel's type information does not have it", id);
  // The kernel counts how often a program runs while somebody holds this.
  const int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
  bpf_insn instructions[2]{};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  instructions[1].code = BPF_JMP | BPF_EXIT;
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = BPF_TRACE_FENTRY;
  options.attach_btf_id = static_cast<__u32>(id);
  const int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "suture", "GPL", instructions, 2, &options);
  if (program < 0) return cannot("the program is not taken", errno);
  const int link = bpf_raw_tracepoint_open(nullptr, program);
  if (link < 0) {
    std::printf("it cannot be attached: %s\n", std::strerror(errno));
    return errno == EOPNOTSUPP ? kCannot : 1;
  }
  std::puts("attached");
  std::fflush(stdout);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  int signal_number = 0;
  sigwait(&ends, &signal_number);
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (statistics >= 0 && bpf_obj_get_info_by_fd(program, &info, &size) == 0)
    std::printf("ran %llu times\n", static_cast<unsigned long long>(info.run_cnt));
  return 0;
}

}  // namespace suture::guest
