// SPDX-License-Identifier: Apache-2.0
//
// `suture repo`: its subcommands stand in files of their own, by what they are about.
#pragma once

#include <memory>

#include "cli/command.h"
#include "cli/publisher_options.h"

namespace suture::cli {

void add_repo_roles(CLI::App& repo, Invocation& invocation);     ///< keys and signatures
void add_repo_channels(CLI::App& repo, Invocation& invocation);  ///< how patchsets move
void add_repo_copies(CLI::App& repo, Invocation& invocation);    ///< verify, mirror, archives
void add_repo_oval(CLI::App& repo, Invocation& invocation);      ///< for scanners

/// A subcommand of `parent` whose options live in `Options`; `run` gets them and whether --json was given.
template <class Options>
CLI::App& add_subcommand(CLI::App& parent, Invocation& invocation, const char* name, const char* help,
                         const std::shared_ptr<Options>& options,
                         Result<int> (*run)(const Options&, bool json)) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&invocation, options, run] {
    invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
  });
  return *command;
}

}  // namespace suture::cli
