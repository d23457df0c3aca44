// SPDX-License-Identifier: Apache-2.0
//
// suture-guest: what scripts in a virtual machine cannot do by themselves.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string_view>

#include "engine/livepatch.h"
#include "engine/stop_machine_state.h"
#include "qualify/guest/program/fentry.h"
#include "qualify/guest/program/workload.h"

namespace {

using namespace suture;

/// Who keeps a transition from its end, or stood in the way of a switch, a line for each; 1 when nobody does.
int stalled(std::string_view what) {
  const std::vector<StalledTask> tasks =
      what == "switch" ? read_blockers(HostPaths{}) : read_stalled_tasks(HostPaths{}, what == "1");
  for (const StalledTask& task : tasks) std::puts(describe_whole(task).c_str());
  return tasks.empty() ? 1 : 0;
}

/// How long a command takes, in nanoseconds.
int elapsed(char** command) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    std::_Exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
  const auto time = std::chrono::steady_clock::now() - start;
  std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds(time).count()));
  return 0;
}

int usage() {
  std::fputs(
      "usage: suture-guest workload start|check|suspend|resume|stop FILE\n"
      "       suture-guest fentry FUNCTION      until a signal comes\n"
      "       suture-guest stalled 1|0|switch   whom a transition waits for: to the patch, or back;\n"
      "                                         who stood in the way of the stop-machine engine\n"
      "       suture-guest elapsed COMMAND...   nanoseconds\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 2 ? argv[1] : "";
  if (verb == "workload" && argc == 4) return guest::workload(argv[2], argv[3]);
  if (verb == "fentry") return guest::fentry(argv[2]);
  if (verb == "stalled") return stalled(argv[2]);
  if (verb == "elapsed") return elapsed(argv + 2);
  return usage();
}
