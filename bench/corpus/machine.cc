// SPDX-License-Identifier: Apache-2.0
#include "corpus/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/kernel_log.h"

namespace suture::corpus {
namespace {

constexpr std::string_view kMark = "suture-corpus: ";
constexpr std::string_view kLastCheck = "load runs";
constexpr std::size_t kMostLogLines = 40;

/// What the kernel said from one mark to the next.
struct Stretch {
  bool begun = false;
  std::string log;
};

/// By the mark's text, "target of NAME" or "patch NAME".
std::map<std::string, Stretch, std::less<>> cut_log(std::string_view console) {
  std::map<std::string, Stretch, std::less<>> stretches;
  Stretch* now = nullptr;
  while (!console.empty()) {
    std::string_view line = console.substr(0, console.find('\n'));
    console.remove_prefix(std::min(line.size() + 1, console.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    // Lines of the kernel begin with a time; what programs print does not count.
    const std::size_t mark = line.starts_with('[') ? line.find(kMark) : std::string_view::npos;
    if (mark != std::string_view::npos) {
      now = &stretches[std::string(line.substr(mark + kMark.size()))];
      now->begun = true;
    } else if (now != nullptr) {
      now->log.append(line).append("\n");
    }
  }
  return stretches;
}

std::vector<std::string> lines_from(std::string_view log, std::string_view first) {
  std::vector<std::string> lines;
  const std::size_t start = first.empty() ? 0 : log.find(first);
  log.remove_prefix(start == std::string_view::npos ? 0 : start);
  while (!log.empty() && lines.size() < kMostLogLines) {
    const std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(line.size() + 1, log.size()));
    lines.emplace_back(line);
  }
  return lines;
}

class Judge {
 public:
  Judge(const std::vector<Trial>& trials, const VmResult& boot)
      : trials_(trials), boot_(boot), stretches_(cut_log(boot.console)) {}

  BootVerdict run() {
    for (const Trial& trial : trials_) {
      const Stretch target = stretches_["target of " + trial.name];
      const Stretch patch = stretches_["patch " + trial.name];
      if (!target.begun) continue;
      const bool with_target = trial.module != "vmlinux" && trial.module != "-";
      const auto faults = kernel_faults(target.log);
      if (with_target && (!faults.empty() || !patch.begun)) {
        verdict_.bad_targets[trial.name] = faults.empty() ? "loading it did not end" : faults[0].line;
        continue;
      }
      judge(trial, target.log + patch.log);
    }
    return std::move(verdict_);
  }

 private:
  void judge(const Trial& trial, const std::string& log) {
    VmRecord& record = verdict_.tried[trial.name];
    record.target = trial.module;
    bool ended = false;
    for (const CheckResult& check : boot_.checks) {
      if (check.step != trial.name) continue;
      if (check.name == "target") {
        record.target = check.output.substr(0, check.output.find('\n'));
        continue;
      }
      if (check.name == "load" || check.name == "transition") record.seconds += check.seconds;
      ended = ended || check.name == kLastCheck;
      if (!check.passed && record.text.empty()) record.text = fmt::format("{}: {}", check.name, check.output);
    }
    const auto faults = kernel_faults(log);
    if (!faults.empty()) {
      record.text = fmt::format("kernel {}: {}", faults[0].kind, faults[0].line);
    } else if (record.text.empty() && !ended) {
      record.text = "it did not come to its end: " + boot_.reason;
    }
    record.passed = record.text.empty();
    if (record.passed) return;
    record.log = lines_from(log, faults.empty() ? "" : faults[0].line);
    if (faults.empty() ||
        std::ranges::all_of(faults, [](const KernelFault& fault) { return may_be_slowness(fault); }))
      verdict_.doubtful.push_back(trial.name);
  }

  const std::vector<Trial>& trials_;
  const VmResult& boot_;
  std::map<std::string, Stretch, std::less<>> stretches_;
  BootVerdict verdict_;
};

}  // namespace

BootVerdict judge_boot(const std::vector<Trial>& trials, const VmResult& boot) {
  return Judge(trials, boot).run();
}

}  // namespace suture::corpus
