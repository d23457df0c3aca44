// SPDX-License-Identifier: Apache-2.0
//
// suture-corpus: what becomes of real changes. Every source file that a distribution changed between two
// versions of its kernel is taken for a fix of the older one: nothing is chosen by hand.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/terminal.h"
#include "corpus/new_source.h"
#include "corpus/phases.h"
#include "corpus/summary.h"
#include "target/store.h"

namespace suture::corpus {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter = R"(
Phases, each going on from what the one before left in the results folder:
  compile   the unit as the target's source has it, and with the newer file in its place
  delta     what differs, proven against the kernel that is shipped, as a module
  vm        the module loaded into that kernel in a virtual machine under load, enabled, disabled, removed

The results folder has a JSON file for each unit (units/), the pairs of objects (objects/NAME.ORIG.o and
NAME.PATCHED.o), the modules (modules/) and summary.json. A run that was stopped goes on where it was.

Exit status:
  0 nothing wrong   1 an internal error, or a patch that failed in the machine
  2 wrong command line   5 the run could not come to its end

Examples:
  suture-corpus
  suture-corpus --only net/ipv4/ --results /tmp/ipv4
  suture-corpus --again delta --phase delta        after a change to the delta
  suture-corpus --list changed.txt --target debian:6.1.0-49-amd64 --new-source ~/linux-6.1.180
)";

struct Options {
  std::string list = "bench/corpus/cloud-6.1.170-to-176.txt";
  std::string target = "debian:6.1.0-47-cloud-amd64=6.1.170-3";
  std::string store;
  std::string new_source = "6.1.176-1";
  std::string results = "build/corpus";
  std::string only;
  std::string phase = "all";
  std::string again;
  std::string markdown;
  unsigned jobs = 2;
  unsigned machines = 1;
  std::size_t batch = 20;
  bool json = false;

  bool wants(std::string_view name) const { return phase == "all" || phase == name; }
};

/// From the store, or else from the archive into the store.
Result<Target> find_target(const TargetStore& store, const std::string& wanted) {
  Result<Target> target = store.find(wanted);
  if (target || target.error().code != "target.not-in-store") return target;
  const TargetName name = TRY(parse_target_name(wanted));
  if (name.distribution.empty()) return target;
  return store.add(*TRY(find_distribution(name.distribution, store.lists())), name.release, name.version);
}

/// Forgets what a phase, and those after it, found out.
Result<void> forget(const Corpus& corpus, const std::string& phase) {
  if (phase.empty()) return {};
  for (const Entry& entry : corpus.entries) {
    Record record = TRY(corpus.results.read(entry));
    if (!record.delta && !record.vm) continue;
    if (phase == "delta") record.delta.reset();
    record.vm.reset();
    TRY(corpus.results.write(record));
  }
  return {};
}

Result<void> run_phases(const Corpus& corpus, const Options& options, const fs::path& store) {
  Progress progress("corpus");
  if (options.wants("compile")) {
    const fs::path source = TRY(find_new_source(corpus.target, store, options.new_source, progress));
    TRY(compile_phase(corpus, source, progress));
  }
  if (options.wants("delta")) TRY(delta_phase(corpus, progress));
  if (options.wants("vm")) TRY(vm_phase(corpus, progress));
  return {};
}

/// What a reader needs to see the same.
std::string page_head(const Corpus& corpus, const Options& options) {
  return fmt::format(
      "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
      "# The corpus: {}\n\n"
      "Each file of [{}](../../bench/corpus/{}) that the distribution changed up to {} is taken for a fix of "
      "{} {} by itself, in the older source. The command, which wrote this page as well:\n\n"
      "    bench/corpus.sh --target {} --new-source {} --markdown docs/results/corpus.md\n",
      corpus.target.id.release, fs::path(options.list).filename().string(),
      fs::path(options.list).filename().string(), fs::path(options.new_source).filename().string(),
      corpus.target.id.release, corpus.target.id.version, options.target,
      fs::path(options.new_source).filename().string());
}

Result<int> run_corpus(const Options& options) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  const auto entries = TRY(parse_list(TRY(read_text_file(options.list)), options.list));
  Corpus corpus{.target = TRY(find_target(store, options.target)),
                .results = Results(fs::absolute(options.results).lexically_normal()),
                .entries = matching(entries, options.only),
                .jobs = options.jobs,
                .machines = options.machines,
                .batch = options.batch};
  const FileLock lock = TRY(FileLock::acquire(corpus.results.folder() / "lock"));
  TRY(forget(corpus, options.again));
  TRY(run_phases(corpus, options, store.folder()));

  std::vector<Record> records;
  for (const Entry& entry : corpus.entries) records.push_back(TRY(corpus.results.read(entry)));
  const Json summary = summary_json(records);
  TRY(write_file(corpus.results.folder() / "summary.json", json_text(summary)));
  if (!options.markdown.empty())
    TRY(write_file(options.markdown, markdown_page(records, page_head(corpus, options))));
  fmt::print("{}", options.json ? json_text(summary) : outcome_table(records));
  return count_failed(records) == 0 ? 0 : 1;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--list", options.list, "Lines OBJECT FILE: vmlinux net/core/sock.c, or vsock.ko ...")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--target", options.target, "The older kernel; added to the store if it is not there")
      ->type_name("TARGET")
      ->capture_default_str();
  app.add_option("--store", options.store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  app.add_option("--new-source", options.new_source,
                 "The newer source: a folder, or the version of the target's source package to fetch")
      ->type_name("FOLDER|VERSION")
      ->capture_default_str();
  app.add_option("--results", options.results, "Folder for what is found out")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--only", options.only, "Only units whose path contains this")->type_name("PATTERN");
  app.add_option("--phase", options.phase, "Only this one")
      ->check(CLI::IsMember({"all", "compile", "delta", "vm"}))
      ->capture_default_str();
  app.add_option("--again", options.again, "Forget what this phase, and those after it, found out")
      ->check(CLI::IsMember({"delta", "vm"}));
  app.add_option("--jobs", options.jobs, "Units to work on at once")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("--machines", options.machines, "Virtual machines to run at once")
      ->check(CLI::Range(1u, 64u))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Patches to try in one boot of a machine")
      ->check(CLI::Range(1u, 200u))
      ->capture_default_str();
  app.add_option("--markdown", options.markdown, "Write table and reasons as a page")->type_name("FILE");
  app.add_flag("--json", options.json, "Print the summary as JSON");
}

}  // namespace
}  // namespace suture::corpus

int main(int argc, char** argv) {
  suture::end_children_with_us();
  CLI::App app("Tries every changed source file of a newer kernel as a fix of an older one.",
               "suture-corpus");
  app.set_version_flag("--version", "suture-corpus " SUTURE_VERSION);
  app.footer(suture::corpus::kFooter);
  suture::corpus::Options options;
  suture::corpus::add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const suture::Result<int> status = suture::corpus::run_corpus(options);
  if (status) return *status;
  fmt::print(stderr, "suture-corpus: {}\n", status.error().message());
  return 5;
}
