// SPDX-License-Identifier: Apache-2.0
#include "engine/livepatch.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/file.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSmall = 64u << 10;
constexpr std::size_t kModulesLimit = 4u << 20;

Result<bool> read_flag(const fs::path& path) {
  const std::string text = TRY(read_text_file(path, kSmall));
  if (text != "0\n" && text != "1\n" && text != "0" && text != "1") {
    return fail("engine.sysfs-malformed", "read " + path.string(), "it is neither 0 nor 1");
  }
  return text.front() == '1';
}

/// Names of a folder's entries; none when it is not there.
std::vector<std::string> entries(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// "do_nanosleep" of "do_nanosleep+0x63/0x160", and of "vsock_bind+0x1/0x2 [vsock]".
std::string function_of(const std::string& frame) {
  return frame.substr(0, frame.find_first_of("+ "));
}

/// Of "412 (nfsd) S 2 0 0 0 -1 2129984 …", proc_pid_stat(5): the name may have anything in it.
void read_stat(const fs::path& task, StalledTask& found) {
  constexpr unsigned kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
  const std::string stat = read_text_file(task / "stat", kSmall).value_or("");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  unsigned flags = 0;
  // state, then parent, group, session, terminal and its group, then flags
  fields >> found.state;
  for (int i = 0; i < 5; ++i) fields >> skipped;
  if (fields >> flags) found.kernel_thread = (flags & kKernelThread) != 0;
}

std::string text_of(const StalledTask& task, std::size_t most_frames) {
  std::string text = task.name + " (" + std::to_string(task.pid) + ")";
  for (std::size_t frame = 0; frame < std::min(task.stack.size(), most_frames); ++frame)
    text += (frame == 0 ? " in " : " < ") + function_of(task.stack[frame]);
  for (std::size_t i = 0; i < task.patched.size(); ++i)
    text += (i == 0 ? ", held by " : " and ") + task.patched[i];
  return text;
}

}  // namespace

Result<std::vector<LivePatch>> read_live_patches(const HostPaths& paths) {
  const fs::path folder = paths.sys / "kernel/livepatch";
  std::vector<LivePatch> patches;
  for (const std::string& name : entries(folder)) {
    const auto enabled = read_flag(folder / name / "enabled");
    const auto transition = read_flag(folder / name / "transition");
    // A patch's folder goes away at any time once the patch is disabled.
    std::error_code ignored;
    if ((!enabled || !transition) && !fs::exists(folder / name / "enabled", ignored)) continue;
    patches.push_back({name, TRY(enabled), TRY(transition)});
  }
  return patches;
}

Result<std::vector<std::string>> read_suture_modules(const HostPaths& paths, std::string_view engine) {
  std::vector<std::string> names;
  // A kernel that was built without modules does not have the file.
  std::error_code ignored;
  if (!fs::exists(paths.proc / "modules", ignored)) return names;
  std::istringstream lines(TRY(read_text_file(paths.proc / "modules", kModulesLimit)));
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (engine_of_module(name) == engine) names.push_back(name);
  }
  return names;
}

std::vector<std::string> read_stack(const HostPaths& paths, int process, int thread) {
  // Lines such as "[<0>] do_nanosleep+0x63/0x160".
  const fs::path task = paths.proc / std::to_string(process) / "task" / std::to_string(thread);
  std::vector<std::string> frames;
  std::istringstream lines(read_text_file(task / "stack", kSmall).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const auto mark = line.find("] ");
    frames.push_back(mark == std::string::npos ? line : line.substr(mark + 2));
  }
  return frames;
}

std::string original_of(const std::string& frame) {
  constexpr std::string_view kNew = ".suture";
  const std::string function = function_of(frame);
  return function.ends_with(kNew) ? function.substr(0, function.size() - kNew.size()) : function;
}

std::set<std::string> read_patched_functions(const HostPaths& paths) {
  // /sys/kernel/livepatch/PATCH/OBJECT/FUNCTION,SYMPOS
  const fs::path folder = paths.sys / "kernel/livepatch";
  std::set<std::string> functions;
  for (const std::string& patch : entries(folder)) {
    for (const std::string& object : entries(folder / patch)) {
      for (const std::string& function : entries(folder / patch / object)) {
        const std::size_t comma = function.rfind(',');
        if (comma != std::string::npos) functions.insert(function.substr(0, comma));
      }
    }
  }
  return functions;
}

std::vector<StalledTask> read_stalled_tasks(const HostPaths& paths, bool enabling) {
  // klp_target_state: 1 when the transition patches, 0 when it unpatches (kernel/livepatch/transition.c).
  const std::string_view behind = enabling ? "0" : "1";
  const std::set<std::string> replaced = read_patched_functions(paths);
  std::vector<StalledTask> stalled;
  for (const std::string& process : entries(paths.proc)) {
    if (!number(process)) continue;
    for (const std::string& thread : entries(paths.proc / process / "task")) {
      const fs::path task = paths.proc / process / "task" / thread;
      const auto state = read_text_file(task / "patch_state", kSmall);
      if (!state || trimmed(*state) != behind) continue;
      StalledTask found{.pid = number(thread).value_or(0),
                        .process = *number(process),
                        .name = trimmed(read_text_file(task / "comm", kSmall).value_or("?")),
                        .stack = read_stack(paths, *number(process), number(thread).value_or(0)),
                        .patched = {}};
      read_stat(task, found);
      for (const std::string& frame : found.stack) {
        if (replaced.contains(original_of(frame))) found.patched.push_back(original_of(frame));
      }
      stalled.push_back(std::move(found));
    }
  }
  return stalled;
}

std::optional<LivePatch> transition_of(const std::vector<LivePatch>& patches) {
  const auto found = std::ranges::find(patches, true, &LivePatch::transition);
  return found == patches.end() ? std::nullopt : std::optional(*found);
}

std::string describe(const std::vector<StalledTask>& tasks) {
  constexpr std::size_t kNamed = 5;
  constexpr std::size_t kFrames = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(tasks.size(), kNamed); ++i) {
    text += (i == 0 ? "" : "; ") + text_of(tasks[i], kFrames);
  }
  if (tasks.size() > kNamed) text += "; and " + std::to_string(tasks.size() - kNamed) + " more";
  return text;
}

std::string describe_whole(const StalledTask& task) {
  return text_of(task, task.stack.size());
}

}  // namespace suture
