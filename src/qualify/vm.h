// SPDX-License-Identifier: Apache-2.0
//
// Boots a kernel in QEMU with a file system in memory, runs one script there, and judges how it went.
// Everything is bounded in time; nothing of the host is written but the log.
//
// The guest: the host's loopback is 10.0.2.2, its own address 10.0.2.15. Unless asked otherwise the
// CPU is emulated (TCG): results do not depend on what the host's hardware or an outer hypervisor allows.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/kernel_log.h"
#include "qualify/guest_files.h"

namespace suture {

enum class Accelerator : std::uint8_t {
  kTcg,  ///< the processor is emulated
  kKvm,  ///< it is the host's: see accelerator.h
};

/// How a machine is to go down.
enum class VmEnd : std::uint8_t {
  kScript,  ///< its script comes to the end
  kPanic,   ///< the kernel gives up
  kCut,     ///< at once, as without power: the script writes b to /proc/sysrq-trigger
};

struct VmConfig {
  std::filesystem::path kernel;  ///< bzImage
  std::string script;            ///< run by the guest's /bin/sh, with qualify/guest/lib.sh already read
  std::string environment;       ///< lines NAME=VALUE for it
  std::chrono::seconds timeout{120};
  unsigned memory = 512;  ///< MiB
  unsigned cpus = 1;
  Accelerator accelerator = Accelerator::kTcg;
  /// The guest's clock goes by what its processors execute, a nanosecond an instruction: times are costs.
  /// Several processors run in turn, and the clock goes by all of them.
  bool counts_instructions = false;
  /// Each is part of a warning that the kernel shall print: it is no fault, but it is one if none comes.
  std::vector<std::string> expected_warnings{};
  VmEnd end = VmEnd::kScript;    ///< another one is a fault
  std::filesystem::path disk{};  ///< see qualify/disk.h; empty: none
  std::string command_line{};    ///< more words for the kernel
  std::filesystem::path log{};   ///< what the guest's console printed; empty: not kept
};

struct CheckResult {
  std::string step;  ///< the heading above it; may be empty
  std::string name;
  bool passed = false;
  bool reported = false;  ///< neither passed nor failed: something to know
  double seconds = 0;
  std::string output;
};

enum class VmOutcome : std::uint8_t {
  kPassed,
  kCheckFailed,
  kKernelFault,  ///< the kernel complained, or went down
  kHang,         ///< the time was over
};

struct VmResult {
  VmOutcome outcome = VmOutcome::kPassed;
  std::string reason;  ///< for people
  std::vector<CheckResult> checks;
  std::vector<KernelFault> faults;
  double seconds = 0;
  std::string console;
};

/// Fails only when no machine could be had: "qualify.no-qemu", "qualify.qemu-failed". Safe beside others.
Result<VmResult> run_vm(const VmConfig& config, GuestFiles files);

/// The guest's first file system, with the script and its environment: what run_vm() boots.
Bytes guest_image(const VmConfig& config, GuestFiles files);

/// The guest's report, read as foreign input: lines "begin", "step NAME", "output TEXT", "case
/// pass|fail|note SECONDS NAME", "end STATUS". Others are ignored. `ended`: the script came to its end.
std::vector<CheckResult> parse_results(std::string_view text, bool& ended);

}  // namespace suture
