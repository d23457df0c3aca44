// SPDX-License-Identifier: Apache-2.0
#include "engine/stop_machine_state.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/file.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSmall = 64u << 10;
constexpr std::size_t kListLimit = 4u << 20;

fs::path folder_of(const HostPaths& paths) {
  return paths.sys / "kernel/suture";
}

std::string line_of(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::uint32_t> read_number(const fs::path& path) {
  const auto value = number<std::uint32_t>(line_of(TRY(read_text_file(path, kSmall))));
  if (value) return *value;
  return fail("engine.sysfs-malformed", "read " + path.string(), "it is not a number");
}

/// "412 409 S kthread svc_recv+0x63/0x160 nfsd": the name, which may have anything in it, is last.
std::optional<StalledTask> read_blocker(const std::string& line) {
  std::istringstream words(line);
  std::string pid, process, state, kind, frame;
  words >> pid >> process >> state >> kind >> frame;
  const auto thread_id = number<int>(pid);
  const auto process_id = number<int>(process);
  if (!words || !thread_id || !process_id) return std::nullopt;
  StalledTask task;
  task.pid = *thread_id;
  task.process = *process_id;
  task.state = state.front();
  task.kernel_thread = kind == "kthread";
  words.get();
  std::getline(words, task.name);
  // A stack that cannot be trusted stands in the way wherever the task is.
  if (frame.starts_with('?')) return task;
  task.stack = {frame};
  task.patched = {original_of(frame)};
  return task;
}

/// Where it is by now, as long as the function is still among it.
void add_whole_stack(const HostPaths& paths, StalledTask& task) {
  if (task.pid == 0 || task.patched.empty()) return;
  std::vector<std::string> stack = read_stack(paths, task.process, task.pid);
  const auto same = std::ranges::find(stack, task.patched.front(), original_of);
  if (same != stack.end()) task.stack = std::move(stack);
}

}  // namespace

Result<std::optional<StopMachineState>> read_stop_machine(const HostPaths& paths) {
  const fs::path folder = folder_of(paths);
  std::error_code ignored;
  if (!fs::exists(folder / "abi", ignored)) return std::nullopt;
  StopMachineState state;
  state.abi = TRY(read_number(folder / "abi"));
  state.level = TRY(read_number(folder / "level"));
  state.patch = line_of(TRY(read_text_file(folder / "patch", kSmall)));
  return state;
}

LastSwitch read_last_switch(const HostPaths& paths) {
  const fs::path folder = folder_of(paths) / "last";
  const auto text = [&](const char* name) {
    return line_of(read_text_file(folder / name, kSmall).value_or(""));
  };
  const auto count = [&](const char* name) { return number<std::uint64_t>(text(name)).value_or(0); };
  LastSwitch last{.action = text("action"),
                  .patch = text("patch"),
                  .error = number<int>(text("error")).value_or(0),
                  .reason = text("reason"),
                  .attempts = count("attempts"),
                  .stops = count("stops"),
                  .pause_ns = count("pause_ns")};
  if (last.action.empty()) last.action = "none";
  return last;
}

std::vector<StalledTask> read_blockers(const HostPaths& paths) {
  std::vector<StalledTask> blockers;
  std::istringstream lines(read_text_file(folder_of(paths) / "last/blockers", kListLimit).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    auto task = read_blocker(line);
    if (!task) continue;
    add_whole_stack(paths, *task);
    blockers.push_back(*std::move(task));
  }
  return blockers;
}

std::set<std::string> read_switched_functions(const HostPaths& paths) {
  // "vmlinux do_nanosleep 0 ftrace"
  std::set<std::string> functions;
  std::istringstream lines(read_text_file(folder_of(paths) / "functions", kListLimit).value_or(""));
  for (std::string object, name, line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> object >> name) functions.insert(name);
  }
  return functions;
}

}  // namespace suture
