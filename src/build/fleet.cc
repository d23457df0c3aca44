// SPDX-License-Identifier: Apache-2.0
#include "build/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>

#include "base/file.h"

namespace suture {
namespace {

/// What one build takes at most, with its compiler.
constexpr std::uint64_t kMemoryForOne = 768u << 20;

/// MemAvailable of /proc/meminfo in bytes; nothing where it is not told.
std::optional<std::uint64_t> available_memory() {
  std::istringstream lines(read_text_file("/proc/meminfo").value_or(""));
  std::string name;
  std::uint64_t kilobytes = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> name >> kilobytes && name == "MemAvailable:") return kilobytes << 10;
  }
  return std::nullopt;
}

/// Of kernels with one compiler the second finds much of its objects made by the first, but not while that is
/// still at it. So those which run at the same time have different ones where that can be.
class Queue {
 public:
  explicit Queue(const std::vector<Target>& targets) : targets_(targets) {
    for (std::size_t i = 0; i < targets.size(); ++i) waiting_.push_back(i);
  }

  std::optional<std::size_t> take() {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    const auto idle = std::ranges::find_if(
        waiting_, [&](std::size_t i) { return running_.count(targets_[i].compiler_version) == 0; });
    const auto next = idle == waiting_.end() ? waiting_.begin() : idle;
    const std::size_t found = *next;
    waiting_.erase(next);
    running_.insert(targets_[found].compiler_version);
    return found;
  }

  void done(std::size_t target) {
    const std::scoped_lock lock(mutex_);
    running_.erase(running_.find(targets_[target].compiler_version));
  }

 private:
  const std::vector<Target>& targets_;
  std::vector<std::size_t> waiting_;
  std::multiset<std::string> running_;  ///< compilers
  std::mutex mutex_;
};

std::string folder_name(const TargetId& id) {
  return fmt::format("{}-{}-{}", id.distribution, id.release, id.version);
}

FleetResult build_one(const FleetRequest& request, const Target& target, unsigned jobs, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  FleetResult result{
      .target = target.id, .output = request.output / folder_name(target.id), .built = {}, .error = {}};
  Progress part(progress, target.id.release);
  auto built = build_patchset({.target = target,
                               .fixes = request.fixes,
                               .level = request.level,
                               .output = result.output,
                               .header_units = request.header_units,
                               .jobs = jobs,
                               .cache = request.cache,
                               .engines = request.engines,
                               .module_key = request.module_key},
                              part);
  if (built) {
    result.outcome = FleetOutcome::kPatched;
    result.built = std::move(*built);
  } else {
    result.outcome = outcome_of(built.error());
    result.error = std::move(built).error();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace

std::string_view to_text(FleetOutcome outcome) {
  constexpr std::array<std::string_view, 6> kTexts{"patched",  "not affected", "does not apply",
                                                   "mismatch", "refused",      "failed"};
  return kTexts[static_cast<std::size_t>(outcome)];
}

FleetOutcome outcome_of(const Error& error) {
  static const std::map<std::string_view, FleetOutcome> kKnown{
      {"build.not-affected", FleetOutcome::kNotAffected},
      {"build.nothing-changed", FleetOutcome::kNotAffected},
      {"build.fix-does-not-apply", FleetOutcome::kDoesNotApply},
      {"build.no-fix-for-kernel", FleetOutcome::kDoesNotApply},
      {"build.not-as-shipped", FleetOutcome::kMismatch},
      {"build.image-differs", FleetOutcome::kMismatch},
      {"build.kbuild-failed", FleetOutcome::kFailed},
      {"build.kbuild-answer", FleetOutcome::kFailed},
      {"build.objtool-failed", FleetOutcome::kFailed},
      {"build.output-exists", FleetOutcome::kFailed},
      {"delta.debug-info", FleetOutcome::kFailed},
  };
  if (const auto known = kKnown.find(error.code); known != kKnown.end()) return known->second;
  for (const std::string_view part : {"build.", "delta.", "module."}) {
    if (error.code.starts_with(part)) return FleetOutcome::kRefused;
  }
  return FleetOutcome::kFailed;
}

Result<std::vector<FleetResult>> build_fleet(const FleetRequest& request, Progress& progress) {
  TRY(make_directories(request.output));
  const std::uint64_t memory = available_memory().value_or(kMemoryForOne);
  const std::size_t at_once = std::clamp<std::size_t>(
      std::min<std::uint64_t>(std::max(1u, request.jobs), memory / kMemoryForOne), 1, request.targets.size());
  const unsigned jobs_each = std::max(1u, request.jobs / static_cast<unsigned>(at_once));
  std::vector<FleetResult> results(request.targets.size());
  Queue queue(request.targets);
  std::size_t done = 0;
  std::mutex report;
  progress.step("", 0, results.size());
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < at_once; ++i) {
      workers.emplace_back([&] {
        while (const std::optional<std::size_t> next = queue.take()) {
          results[*next] = build_one(request, request.targets[*next], jobs_each, progress);
          queue.done(*next);
          const std::scoped_lock lock(report);
          progress.step(
              fmt::format("{}: {}", request.targets[*next].id.release, to_text(results[*next].outcome)),
              ++done, results.size());
        }
      });
    }
  }
  std::error_code ignored;
  std::filesystem::remove(request.output, ignored);  // which it does only when nothing is in it
  return results;
}

}  // namespace suture
