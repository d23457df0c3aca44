// SPDX-License-Identifier: Apache-2.0
#include "qualify/vm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/process.h"

namespace suture {
namespace {

constexpr std::size_t kLongestLog = 64u << 20;

Command qemu(const VmConfig& config, const std::filesystem::path& folder) {
  const auto file = [&](const char* name) { return (folder / name).string(); };
  // With a thread for each processor, QEMU 7.2 now and then lets one run into a breakpoint that another has
  // removed meanwhile: kernels that patch their own code, as ftrace does, hang or go down.
  const bool kvm = config.accelerator == Accelerator::kKvm && !config.counts_instructions;
  Command command{
      .argv =
          {"qemu-system-x86_64", "-accel", kvm ? "kvm" : "tcg,thread=single", "-smp",
           std::to_string(config.cpus), "-m", std::to_string(config.memory), "-nodefaults", "-no-user-config",
           "-display", "none", "-no-reboot",
           // QEMU 7.2 computes wrong flags when an interrupt comes right behind cmpxchg16b, which kernels
           // use to allocate memory, from 6.12 on all the time: stock ones go down within seconds of forks.
           "-cpu", kvm ? "host" : "qemu64,-cx16", "-kernel", config.kernel.string(), "-initrd",
           file("initramfs"),
           // All that the kernel says; a panic ends the machine at once.
           "-append",
           "console=ttyS0 loglevel=7 panic=-1 hung_task_panic=0 no_timer_check net.ifnames=0 " +
               config.command_line,
           "-serial", "file:" + file("console"), "-serial", "file:" + file("results"), "-netdev",
           "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile="},
      .timeout = config.timeout};
  if (!config.disk.empty()) {
    // A comma ends a value there.
    std::string path = config.disk.string();
    for (std::size_t at = 0; (at = path.find(',', at)) != std::string::npos; at += 2) path.insert(at, 1, ',');
    command.argv.insert(command.argv.end(), {"-drive", "if=virtio,format=raw,file=" + path});
  }
  if (config.counts_instructions) command.argv.insert(command.argv.end(), {"-icount", "shift=0,sleep=off"});
  return command;
}

/// A file that the machine may not have come to write.
std::string text_of(const std::filesystem::path& path) {
  return read_text_file(path, kLongestLog).value_or("");
}

/// Each becomes a check of its own.
void take_expected(VmResult& result, const std::vector<std::string>& expected) {
  for (const std::string& text : expected) {
    const auto is_it = [&](const KernelFault& fault) {
      return fault.kind == "warning" && fault.line.contains(text);
    };
    const std::size_t taken = std::erase_if(result.faults, is_it);
    result.checks.push_back(
        {.step = {}, .name = "the kernel warns: " + text, .passed = taken != 0, .output = {}});
  }
}

/// The end that was wanted becomes a check, and is no fault.
void take_end(VmResult& result, VmEnd wanted, bool& ended, bool timed_out) {
  if (wanted == VmEnd::kScript) return;
  bool came = !ended && !timed_out;
  if (wanted == VmEnd::kPanic) {
    const auto is_panic = [](const KernelFault& fault) { return fault.kind == "panic"; };
    came = came && std::ranges::any_of(result.faults, is_panic);
    // What the kernel says on the way there.
    if (came)
      std::erase_if(result.faults,
                    [&](const auto& fault) { return is_panic(fault) || fault.kind == "oops"; });
  }
  result.checks.push_back({.step = {},
                           .name = wanted == VmEnd::kPanic ? "the kernel panics" : "the machine is cut off",
                           .passed = came,
                           .output = {}});
  ended = true;
}

void judge(VmResult& result, bool ended, bool timed_out) {
  const auto failed = std::ranges::count(result.checks, false, &CheckResult::passed);
  if (!result.faults.empty()) {
    result.outcome = VmOutcome::kKernelFault;
    result.reason = fmt::format("{}: {}", result.faults.front().kind, result.faults.front().line);
  } else if (timed_out) {
    result.outcome = VmOutcome::kHang;
    const std::string last = result.checks.empty() ? "before the first check"
                                                   : "after the check \"" + result.checks.back().name + "\"";
    result.reason = "the time was over " + last;
  } else if (!ended) {
    result.outcome = VmOutcome::kKernelFault;
    result.reason = "the machine went down before the script ended";
  } else if (failed != 0 || result.checks.empty()) {
    result.outcome = VmOutcome::kCheckFailed;
    result.reason = result.checks.empty()
                        ? "the script checked nothing"
                        : fmt::format("{} of {} checks failed", failed, result.checks.size());
  }
}

}  // namespace

Bytes guest_image(const VmConfig& config, GuestFiles files) {
  files.add_text("suture/script", ". /suture/lib.sh\n" + config.script);
  files.add_text("suture/environment", config.environment);
  return std::move(files).finish();
}

Result<VmResult> run_vm(const VmConfig& config, GuestFiles files) {
  const TempDir folder = TRY(TempDir::make("suture-vm"));
  TRY(write_file(folder.path() / "initramfs", guest_image(config, std::move(files))));

  const auto start = std::chrono::steady_clock::now();
  const Result<Finished> machine = run(qemu(config, folder.path()));
  const bool timed_out = !machine && machine.error().code == "process.timeout";
  if (!machine && !timed_out) {
    return fail("qualify.no-qemu", "start a virtual machine", machine.error().why,
                "install the package qemu-system-x86");
  }
  VmResult result;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.console = text_of(folder.path() / "console");
  if (!config.log.empty()) TRY(write_file(config.log, result.console));
  if (machine && machine->status != 0) {
    return fail("qualify.qemu-failed", "run a virtual machine", machine->err.substr(0, 2000));
  }
  bool ended = false;
  result.checks = parse_results(text_of(folder.path() / "results"), ended);
  result.faults = kernel_faults(result.console);
  take_expected(result, config.expected_warnings);
  take_end(result, config.end, ended, timed_out);
  judge(result, ended, timed_out);
  return result;
}

std::vector<CheckResult> parse_results(std::string_view text, bool& ended) {
  constexpr std::size_t kLongestOutput = 64u << 10;
  std::vector<CheckResult> checks;
  std::string step;
  std::string output;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view word = line.substr(0, line.find(' '));
    std::string_view rest = line.substr(std::min(word.size() + 1, line.size()));
    if (word == "step") step = rest;
    if (word == "end") ended = true;
    if (word == "output" && output.size() < kLongestOutput) output.append(rest).append("\n");
    if (word != "case") continue;
    CheckResult check{.step = step,
                      .name = {},
                      .passed = rest.starts_with("pass ") || rest.starts_with("note "),
                      .reported = rest.starts_with("note "),
                      .seconds = 0,
                      .output = std::move(output)};
    output.clear();
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    std::from_chars(rest.data(), rest.data() + rest.size(), check.seconds);
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    check.name = rest;
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace suture
