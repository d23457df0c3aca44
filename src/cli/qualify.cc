// SPDX-License-Identifier: Apache-2.0
#include "qualify/qualify.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "qualify/matrix.h"
#include "qualify/probe.h"
#include "qualify/report.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture qualify out --probe probes/CVE-2026-53249 --key ~/suture-keys/qualifier.pem
  suture qualify level2 --previous level1 --probe probes --key ~/suture-keys/qualifier.pem
  suture qualify out --engine klp --key ~/suture-keys/qualifier.pem
  suture qualify --all fleet --probe probes --key ~/suture-keys/qualifier.pem --html report.html

Exit status: 0 all are qualified, 1 otherwise.
)";

struct Options {
  std::string store;
  std::vector<std::string> patchsets;
  std::string all;
  std::string previous;
  std::vector<std::string> probes;
  std::vector<std::string> engines;
  std::string key;
  std::string html;
  unsigned machines = 0;
  unsigned times = 20;
  unsigned timeout = 300;
  std::string accelerator = "tcg";
  bool again = false;
};

/// Beside this program.
Result<std::filesystem::path> guest_program() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  std::filesystem::path program = folder / "suture-guest";
  if (std::filesystem::exists(program, error)) return program;
  return fail("qualify.no-guest-program", "find suture-guest", "it is not in " + folder.string());
}

Result<MatrixRequest> request_of(const Options& options) {
  MatrixRequest request{.patchsets = {options.patchsets.begin(), options.patchsets.end()},
                        .each = {.patchset = {},
                                 .previous = options.previous,
                                 .probes = {options.probes.begin(), options.probes.end()},
                                 .engines = options.engines,
                                 .guest_program = TRY(guest_program()),
                                 .times = options.times,
                                 .timeout = std::chrono::seconds(options.timeout),
                                 .may_use_kvm = options.accelerator == "auto"},
                        .again = options.again,
                        .machines = options.machines};
  if (!options.all.empty()) {
    for (std::filesystem::path& patchset : TRY(patchsets_in_folder(options.all)))
      request.patchsets.push_back(std::move(patchset));
  }
  // "out/" has no name.
  for (std::filesystem::path& patchset : request.patchsets) {
    patchset = patchset.lexically_normal();
    if (!patchset.has_filename()) patchset = patchset.parent_path();
  }
  return request;
}

Result<int> qualify(const Options& options, bool json) {
  const Ed25519Private key = TRY(Ed25519Private::load(options.key));
  const TargetStore store = TRY(TargetStore::at(options.store));
  const MatrixRequest request = TRY(request_of(options));
  for (const std::filesystem::path& probes : request.each.probes) TRY(read_probes(probes));
  std::vector<MatrixEntry> entries;
  {
    Progress progress(request.patchsets.size() == 1
                          ? "qualify"
                          : fmt::format("qualify {} patchsets", request.patchsets.size()));
    entries = qualify_all(request, store, key, progress);
  }
  if (!options.html.empty()) TRY(write_file(options.html, matrix_html(entries)));
  if (json) {
    fmt::print("{}", json_text(matrix_json(entries)));
  } else {
    if (entries.size() == 1 && entries[0].result)
      fmt::print("{}\n", qualification_text(entries[0].result->qualification()));
    fmt::print("{}", matrix_text(entries));
  }
  return std::ranges::all_of(entries, &MatrixEntry::passed) ? kOk : kFailed;
}

}  // namespace

void add_qualify_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      *app.add_subcommand("qualify", "Try patchsets on the kernels that they are for, in virtual machines");
  command.footer(kExamples);
  command.add_option("patchset", options->patchsets, "Folder with patchset.json and its modules")
      ->type_name("PATCHSET");
  command.add_option("--all", options->all, "All patchsets in this folder")->type_name("FOLDER");
  command
      .add_option("--key", options->key, "The qualifier's key, from `suture repo init` or `suture repo key`")
      ->required()
      ->type_name("FILE");
  command
      .add_option("--probe", options->probes,
                  "A probe, or a folder of them: each tells whether a hole is open; again for more")
      ->type_name("FOLDER");
  command
      .add_option("--previous", options->previous, "A patchset of a lower level, to come from and go back to")
      ->type_name("PATCHSET");
  command
      .add_option("--engine", options->engines,
                  "Engines to try: klp, stopmachine (default: each that the patchset has a module for)")
      ->type_name("ENGINE")
      ->check(CLI::IsMember({std::string(kKlpEngine), std::string(kStopMachineEngine)}))
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--html", options->html, "Write a report for a browser")->type_name("FILE");
  command
      .add_option("--accel", options->accelerator,
                  "auto: the host's own processor (kvm) where that works, tried for 15 seconds")
      ->check(CLI::IsMember({"tcg", "auto"}))
      ->capture_default_str();
  command.add_flag("--again", options->again, "Also those which an earlier run has qualified");
  command
      .add_option("--machines", options->machines,
                  "Machines side by side (default: one for each processor and gigabyte of memory)")
      ->check(CLI::Range(1u, 256u));
  command.add_option("--times", options->times, "How often to load and remove a patch")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  command.add_option("--timeout", options->timeout, "Seconds, for each machine")
      ->check(CLI::Range(10u, 86400u))
      ->capture_default_str();
  command.add_option("--store", options->store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  command.callback([&invocation, options] {
    if (options->patchsets.empty() && options->all.empty()) throw CLI::RequiredError("PATCHSET or --all");
    invocation.action = [&invocation, options] { return qualify(*options, invocation.json); };
  });
}

}  // namespace suture::cli
