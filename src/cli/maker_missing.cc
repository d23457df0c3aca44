// SPDX-License-Identifier: Apache-2.0
//
// On a server, where suture-all and its libraries are not: who types a command of the patch engineers' hears
// where it is, instead of that there is no such command.
#include <string>

#include "cli/command.h"

namespace suture::cli {

void add_maker_commands(CLI::App& app, Invocation& invocation) {
  for (const std::string name : {"target", "build", "build-engine", "rebuild", "delta", "inspect", "qualify",
                                 "repo", "publish", "watch"}) {
    CLI::App& command = *app.add_subcommand(name, "Not installed here: comes with the package suture-build");
    command.group("");  // not listed by --help
    // Whatever follows, that is the answer.
    command.fallthrough(false);
    command.allow_extras();
    command.callback([&invocation, name] {
      invocation.action = [name]() -> Result<int> {
        return fail("command.not-installed", "run \"suture " + name + "\"",
                    "this machine has only the commands of a server that is kept patched",
                    "Install the package suture-build.");
      };
    });
  }
}

}  // namespace suture::cli
