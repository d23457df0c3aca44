// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "engine/livepatch.h"

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

void print_task(const StalledTask& task) {
  const std::string held = fmt::format("{}", fmt::join(task.patched, ", "));
  fmt::print("\n{} ({}), state {}{}\n", coloured(task.name, Colour::kYellow), task.pid, task.state,
             held.empty() ? "" : ", held by " + held);
  if (const auto meaning = meaning_of(task); !meaning.empty()) fmt::print("  {}\n", meaning);
  for (const std::string& frame : task.stack) fmt::print("    {}\n", frame);
}

Result<int> show_stalled(bool json) {
  const HostPaths paths;
  if (::geteuid() != 0) {
    return fail("engine.not-root", "look at what holds a transition up", "only root may see tasks' stacks",
                "Run it with sudo.");
  }
  const auto patch = transition_of(TRY(read_live_patches(paths)));
  const auto tasks = patch ? read_stalled_tasks(paths, patch->enabled) : std::vector<StalledTask>{};
  if (json) {
    Json all = Json::array();
    for (const StalledTask& task : tasks) all.push_back(to_json(task));
    fmt::print("{}", json_text({{"transition", patch ? Json(patch->name) : Json()},
                                {"enabling", patch ? Json(patch->enabled) : Json()},
                                {"tasks", all}}));
    return kOk;
  }
  if (!patch) {
    fmt::print("no transition is under way\n");
    return kOk;
  }
  fmt::print("{} is on its way {} the kernel; {} task{} still to move\n", patch->name,
             patch->enabled ? "into" : "out of", tasks.size(), tasks.size() == 1 ? " is" : "s are");
  for (const StalledTask& task : tasks) print_task(task);
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
