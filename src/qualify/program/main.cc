// SPDX-License-Identifier: Apache-2.0
//
// suture-vm: one script in one virtual machine.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>

#include "base/file.h"
#include "base/process.h"
#include "base/terminal.h"
#include "qualify/disk.h"
#include "qualify/junit.h"
#include "qualify/vm.h"

namespace {

using namespace suture;

constexpr const char* kExamples = R"(
Exit status:
  0 all checks passed   1 a check failed   2 wrong command line
  3 the kernel complained or went down   4 the time was over   5 no machine could be run
  With --initramfs, 0 is written and 5 is not.

Example:
  suture-vm --kernel vmlinuz --modules lib/modules/6.1.0-47-cloud-amd64 --module virtio_pci --module virtio_net \
      --program probe --script checks.sh --junit checks.xml
)";

struct Options {
  std::string kernel, modules, script, junit, log, initramfs, disk, append;
  VmEnd end = VmEnd::kScript;
  std::vector<std::string> load, carry, files, folders, programs, environment, warnings;
  unsigned timeout = 120, memory = 512, cpus = 1;
  bool counts_instructions = false;
};

/// "FROM:TO"; without a colon TO is empty.
std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// NAME=VALUE, so that a shell which reads it takes the value as it is.
std::string for_a_shell(const std::string& setting) {
  const std::size_t begin = setting.find('=') + 1;
  std::string text = setting.substr(0, begin) + "'";
  for (const char c : setting.substr(begin)) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Result<GuestFiles> gather(const Options& options) {
  GuestFiles files = TRY(GuestFiles::make());
  for (const std::string& name : options.load) TRY(files.add_module(options.modules, name, true));
  for (const std::string& name : options.carry) TRY(files.add_module(options.modules, name, false));
  for (const std::string& file : options.files) {
    const auto [from, to] = split(file);
    TRY(files.add_file(from, to.empty() ? "root/" + std::filesystem::path(from).filename().string() : to));
  }
  for (const std::string& folder : options.folders) {
    const auto [from, to] = split(folder);
    TRY(files.add_folder(from, to.empty() ? "root/" + std::filesystem::path(from).filename().string() : to));
  }
  for (const std::string& program : options.programs) {
    const auto [from, to] = split(program);
    TRY(files.add_program(from, to));
  }
  return files;
}

void print(const VmResult& result) {
  std::vector<std::vector<std::string>> rows;
  for (const CheckResult& check : result.checks) {
    rows.push_back({check.passed ? coloured("pass", Colour::kGreen) : coloured("FAIL", Colour::kRed),
                    fmt::format("{:.2f}", check.seconds),
                    check.step.empty() ? check.name : check.step + ": " + check.name});
  }
  fmt::print("{}", table({"", "SECONDS", "CHECK"}, rows));
  for (const CheckResult& check : result.checks) {
    if (!check.passed) fmt::print("\n{}:\n{}", check.name, check.output);
  }
  for (const KernelFault& fault : result.faults) fmt::print("kernel {}: {}\n", fault.kind, fault.line);
  if (result.outcome != VmOutcome::kPassed) fmt::print("\nFAILED: {}\n", result.reason);
  if (result.outcome == VmOutcome::kKernelFault || result.outcome == VmOutcome::kHang) {
    const std::size_t tail = result.console.size() > 6000 ? result.console.size() - 6000 : 0;
    fmt::print("\nthe end of the console:\n{}\n", result.console.substr(tail));
  }
}

Result<VmConfig> config_of(const Options& options) {
  VmConfig config{.kernel = options.kernel,
                  .script = TRY(read_text_file(options.script, 1u << 20)),
                  .environment = {},
                  .timeout = std::chrono::seconds(options.timeout),
                  .memory = options.memory,
                  .cpus = options.cpus,
                  .counts_instructions = options.counts_instructions,
                  .expected_warnings = options.warnings,
                  .end = options.end,
                  .disk = split(options.disk).first,
                  .command_line = options.append,
                  .log = options.log};
  for (const std::string& setting : options.environment) config.environment += for_a_shell(setting) + "\n";
  return config;
}

/// For machines that suture-vm cannot make: those that boot through firmware and a boot loader.
Result<void> write_initramfs(const Options& options) {
  return write_file(options.initramfs, guest_image(TRY(config_of(options)), TRY(gather(options))));
}

/// "FILE" must be there, "FILE:SIZE" is made if it is not.
Result<void> have_disk(const std::string& text) {
  const auto [file, size] = split(text);
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  if (size.empty()) {
    return fail("qualify.disk", "use the disk " + file, "there is no such file", "FILE:SIZE makes it.");
  }
  return make_disk(file, TRY(disk_size(size)));
}

Result<VmResult> run_script(const Options& options) {
  const VmConfig config = TRY(config_of(options));
  GuestFiles files = TRY(gather(options));
  if (!options.disk.empty()) TRY(have_disk(options.disk));
  Progress progress("virtual machine");
  progress.step("run " + options.script);
  VmResult result = TRY(run_vm(config, std::move(files)));
  if (!options.junit.empty()) {
    TRY(write_file(options.junit,
                   junit_report(result, std::filesystem::path(options.script).stem().string())));
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  end_children_with_us();
  CLI::App app("Boot a kernel in a virtual machine, run a script of checks there, judge script and kernel.",
               "suture-vm");
  app.set_version_flag("--version", "suture-vm " SUTURE_VERSION);
  app.footer(kExamples);
  Options options;
  app.add_option("--kernel", options.kernel, "bzImage to boot")->type_name("FILE");
  app.add_option("--script", options.script, "Shell script to run as root")->required()->type_name("FILE");
  app.add_option("--modules", options.modules, "lib/modules/RELEASE of that kernel")->type_name("FOLDER");
  app.add_option("--module", options.load, "Module to load at boot, with what it needs; again for more")
      ->type_name("NAME");
  app.add_option("--have-module", options.carry, "Module that the script may load: load_module NAME")
      ->type_name("NAME");
  app.add_option("--program", options.programs, "Program to copy with its libraries (default: to /usr/bin)")
      ->type_name("FROM[:TO]");
  app.add_option("--file", options.files, "File to copy (default: to /root)")->type_name("FROM[:TO]");
  app.add_option("--folder", options.folders, "Folder to copy (default: to /root)")->type_name("FROM[:TO]");
  app.add_option("--env", options.environment, "Variable for the script")->type_name("NAME=VALUE");
  app.add_option("--expect-warning", options.warnings,
                 "Part of a warning that the kernel shall print, and that is then no fault; again for more")
      ->type_name("TEXT");
  app.add_option("--disk", options.disk,
                 "File that is a disk, mounted at /var; with a size it is made if it is not there. Needs the "
                 "module virtio_blk")
      ->type_name("FILE[:SIZE]");
  const std::map<std::string, VmEnd> ends{
      {"script", VmEnd::kScript}, {"panic", VmEnd::kPanic}, {"cut", VmEnd::kCut}};
  app.add_option(
         "--expect-end", options.end,
         "What ends the machine: its script, a panic of the kernel, or a reset without warning, which "
         "loses what is not on the disk")
      ->transform(CLI::CheckedTransformer(ends, CLI::ignore_case))
      ->type_name("script|panic|cut");
  app.add_option("--append", options.append, "More words for the kernel's command line")->type_name("TEXT");
  app.add_option("--timeout", options.timeout, "Seconds until the machine is stopped")->capture_default_str();
  app.add_option("--memory", options.memory, "MiB")->capture_default_str();
  app.add_option("--cpus", options.cpus, "Virtual processors")->capture_default_str();
  app.add_flag(
      "--count-instructions", options.counts_instructions,
      "The machine's clock goes by what its processors execute, a nanosecond an instruction: times are "
      "costs, whatever else the host does");
  app.add_option("--junit", options.junit, "Write results as JUnit XML")->type_name("FILE");
  app.add_option(
         "--initramfs", options.initramfs,
         "Only write the guest's first file system there, for another machine to boot: its results go to "
         "the second serial line")
      ->type_name("FILE");
  app.add_option("--log", options.log, "Keep the console's text")->type_name("FILE");
  try {
    app.parse(argc, argv);
    if (options.kernel.empty() && options.initramfs.empty()) throw CLI::RequiredError("--kernel");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!options.initramfs.empty()) {
    const Result<void> written = write_initramfs(options);
    if (!written) fmt::print(stderr, "suture-vm: {}\n", written.error().message());
    return written ? 0 : 5;
  }
  const Result<VmResult> result = run_script(options);
  if (!result) {
    fmt::print(stderr, "suture-vm: {}\n", result.error().message());
    return 5;
  }
  print(*result);
  switch (result->outcome) {
    case VmOutcome::kPassed:
      return 0;
    case VmOutcome::kCheckFailed:
      return 1;
    case VmOutcome::kKernelFault:
      return 3;
    case VmOutcome::kHang:
      return 4;
  }
  return 5;
}
