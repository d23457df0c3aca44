// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "engine/stop_machine_state.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  sudo suture stalled                       which tasks hold the transition up, and by what function
  sudo suture stalled --json | jq '.tasks[].pid'
)";

std::string_view meaning_of(const StalledTask& task) {
  if (task.kernel_thread) return "kernel thread: moves when it leaves the function";
  switch (task.state) {
    case 'R':
      return "runs: moves when it leaves the kernel";
    case 'S':
      return "sleeps: moves when the kernel wakes it, which it does every 15 s";
    case 'D':
      return "cannot be woken: moves when what it waits for has come";
    case 'T':
    case 't':
      return "stopped: moves when it is continued";
    default:
      return "";
  }
}

Json to_json(const StalledTask& task) {
  return {{"pid", task.pid},
          {"process", task.process},
          {"name", task.name},
          {"state", std::string(1, task.state)},
          {"kernel_thread", task.kernel_thread},
          {"held_by", task.patched},
          {"stack", task.stack}};
}

void print_task(const StalledTask& task, bool moves) {
  const std::string held = fmt::format("{}", fmt::join(task.patched, ", "));
  fmt::print("\n{} ({}), state {}{}\n", coloured(task.name, Colour::kYellow), task.pid, task.state,
             held.empty() ? "" : ", held by " + held);
  if (const auto meaning = meaning_of(task); moves && !meaning.empty()) fmt::print("  {}\n", meaning);
  for (const std::string& frame : task.stack) fmt::print("    {}\n", frame);
}

/// A transition that is under way, or the last switch of the stop-machine engine if tasks stood in its way.
struct Stalling {
  std::optional<LivePatch> transition{};
  std::optional<LastSwitch> last{};
  std::vector<StalledTask> tasks{};
};

Result<Stalling> look(const HostPaths& paths) {
  Stalling found;
  found.transition = transition_of(TRY(read_live_patches(paths)));
  if (found.transition) {
    found.tasks = read_stalled_tasks(paths, found.transition->enabled);
  } else if (LastSwitch last = read_last_switch(paths); last.error == EBUSY) {
    found.last = std::move(last);
    found.tasks = read_blockers(paths);
  }
  return found;
}

Json to_json(const Stalling& found) {
  Json tasks = Json::array();
  for (const StalledTask& task : found.tasks) tasks.push_back(to_json(task));
  Json last;
  if (found.last) {
    last = {{"patch", found.last->patch},
            {"action", found.last->action},
            {"attempts", found.last->attempts},
            {"stops", found.last->stops},
            {"pause_ns", found.last->pause_ns}};
  }
  return {{"transition", found.transition ? Json(found.transition->name) : Json()},
          {"enabling", found.transition ? Json(found.transition->enabled) : Json()},
          {"last", std::move(last)},
          {"tasks", std::move(tasks)}};
}

std::string heading(const Stalling& found) {
  const bool one = found.tasks.size() == 1;
  if (found.transition) {
    return fmt::format("{} is on its way {} the kernel; {} task{} still to move", found.transition->name,
                       found.transition->enabled ? "into" : "out of", found.tasks.size(),
                       one ? " is" : "s are");
  }
  if (!found.last) return "no transition is under way";
  return fmt::format("{} was not {}: at the last of {} attempts {} task{} ran what it replaces",
                     found.last->patch, found.last->action == "revert" ? "taken back" : "applied",
                     found.last->attempts, found.tasks.size(), one ? "" : "s");
}

Result<int> show_stalled(bool json) {
  const HostPaths paths;
  if (::geteuid() != 0) {
    return fail("engine.not-root", "look at what holds a transition up", "only root may see tasks' stacks",
                "Run it with sudo.");
  }
  const Stalling found = TRY(look(paths));
  if (json) {
    fmt::print("{}", json_text(to_json(found)));
    return kOk;
  }
  fmt::print("{}\n", heading(found));
  for (const StalledTask& task : found.tasks) print_task(task, found.transition.has_value());
  return kOk;
}

}  // namespace

void add_stalled_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("stalled", "On a server: which tasks hold a transition up, and by what (root)");
  command.footer(kExamples);
  command.callback(
      [&invocation] { invocation.action = [&invocation] { return show_stalled(invocation.json); }; });
}

}  // namespace suture::cli
