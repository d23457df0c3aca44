// SPDX-License-Identifier: Apache-2.0
//
// How much of what we compile is, to the byte, what the distribution shipped: each function of each unit of a
// list, compiled from the target's source, against its image and modules.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/terminal.h"
#include "build/difference_text.h"
#include "build/evidence.h"
#include "build/kbuild.h"
#include "build/shipped_target.h"
#include "corpus/jobs.h"
#include "corpus/list.h"
#include "target/store.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string list = "bench/corpus/cloud-6.1.170-to-176.txt";
  std::string target = "debian:6.1.0-47-cloud-amd64=6.1.170-3";
  std::string store;
  std::string only;
  std::string results = "build/exactness";
  std::string markdown;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  bool json = false;
};

struct Kind {
  const char* name;
  const char* meaning;
};
/// By Difference::Kind.
constexpr std::array kKinds{
    Kind{"overridden",
         "weak definitions; the kernel has another unit's in their place. Not counted as compared"},
    Kind{"not-there", "the kernel has no symbol of that name"},
    Kind{"code", "instructions differ"},
    Kind{"reference", "the instructions are the same, and a field leads elsewhere than to what it names"},
    Kind{"several", "equal to the byte, as are other functions of that name, from which nothing tells them"},
};

fs::path record_of(const Options& options, const corpus::Entry& entry) {
  return fs::path(options.results) / (entry.file_name() + ".json");
}

Json outcome(const Error& error) {
  return {{"outcome", error.code}, {"message", error.message()}};
}

Result<Json> compare(const Kbuild& kbuild, ShippedTarget& shipped, const UnitFlags& flags,
                     const fs::path& source) {
  const TempDir folder = TRY(TempDir::make("suture-exactness"));
  const fs::path path = folder.path() / "unit.o";
  TRY(kbuild.compile(flags, source, source / flags.unit, path));
  const elf::Object object = TRY(elf::read_object(path));
  const Unit unit = TRY(Unit::cut(object, flags.unit));
  const ShippedObject& home = *TRY(shipped.object(flags.object));
  const Evidence evidence = check_against_shipped(unit, home);
  Json different = Json::array();
  for (AtomId id = 0; id < unit.atoms().size(); ++id) {
    const Atom& atom = unit.atom(id);
    if (atom.kind != AtomKind::kFunction || atom.symbol == elf::kUndefined || atom.size == 0 ||
        evidence.proven[id])
      continue;
    const Difference difference = find_difference(unit, evidence, id, home);
    different.push_back({{"function", atom.name},
                         {"section", unit.section_of(atom).name},
                         {"kind", kKinds[static_cast<std::size_t>(difference.kind)].name},
                         {"text", difference_text(unit, id, difference, home)}});
  }
  return Json{{"outcome", "compared"},
              {"object", flags.object},
              {"compared", evidence.record.functions_compared},
              {"equal", evidence.record.functions_equal},
              {"different", std::move(different)}};
}

Result<void> run_jobs(const Options& options, const Target& target, const std::vector<corpus::Entry>& entries,
                      Progress& progress) {
  std::vector<corpus::Entry> open;
  std::vector<std::string> units;
  for (const corpus::Entry& entry : entries) {
    std::error_code error;
    if (fs::exists(record_of(options, entry), error)) continue;
    open.push_back(entry);
    units.push_back(entry.unit);
  }
  if (open.empty()) return {};
  progress.step(fmt::format("ask kbuild about {} units", units.size()));
  const Kbuild kbuild = TRY(Kbuild::prepare(target));
  const std::vector<Result<UnitFlags>> flags = kbuild.flags(units);
  progress.step("read the kernel image");
  ShippedTarget shipped = TRY(ShippedTarget::read(target));
  const auto work = [&](std::size_t job) {
    Result<Json> found = flags[job] ? compare(kbuild, shipped, *flags[job], target.source)
                                    : Result<Json>(std::unexpected(flags[job].error()));
    Json record = found ? std::move(*found) : outcome(found.error());
    record["unit"] = units[job];
    // How the process ended is what is then told.
    if (!write_file(record_of(options, open[job]), json_text(record))) std::abort();
  };
  std::size_t done = 0;
  const auto finished = [&](std::size_t job, const std::string& died) -> Result<void> {
    if (!died.empty())
      TRY(write_file(record_of(options, open[job]),
                     json_text({{"unit", units[job]}, {"outcome", "internal-error"}, {"message", died}})));
    progress.step(units[job], ++done, open.size());
    return {};
  };
  return corpus::JobRunner{.at_once = options.jobs, .work = work, .finished = finished}.run(open.size());
}

struct Summary {
  std::size_t units = 0, compared = 0, equal = 0;
  std::map<std::string, std::size_t> outcomes;                ///< of units that could not be compared
  std::map<std::string, std::vector<std::string>> different;  ///< by kind: "fs/exec.c: do_execve"
};

Result<Summary> summarise(const Options& options, const std::vector<corpus::Entry>& entries) {
  Summary summary;
  for (const corpus::Entry& entry : entries) {
    const fs::path path = record_of(options, entry);
    const Json record = TRY(parse_json(TRY(read_text_file(path)), path.string()));
    const std::string outcome = TRY(json_string(record, "outcome"));
    if (outcome != "compared") {
      ++summary.outcomes[outcome];
      continue;
    }
    ++summary.units;
    summary.compared += static_cast<std::size_t>(TRY(json_integer(record, "compared")));
    summary.equal += static_cast<std::size_t>(TRY(json_integer(record, "equal")));
    for (const Json& one : *TRY(json_array(record, "different"))) {
      const std::string section = TRY(json_string(one, "section"));
      const std::string where = section.starts_with(".text") ? "" : " (" + section + ")";
      summary.different[TRY(json_string(one, "kind"))].push_back(
          fmt::format("{}: {}{}", entry.unit, TRY(json_string(one, "function")), where));
    }
  }
  return summary;
}

double share(const Summary& summary) {
  return summary.compared == 0
             ? 0
             : 100.0 * static_cast<double>(summary.equal) / static_cast<double>(summary.compared);
}

std::string said(const Summary& summary) {
  std::string text = fmt::format("{} functions of {} units compared, {} as shipped: {:.2f} %\n",
                                 summary.compared, summary.units, summary.equal, share(summary));
  for (const auto& [outcome, count] : summary.outcomes)
    text += fmt::format("not compared, {}: {} units\n", outcome, count);
  for (const auto& [kind, functions] : summary.different)
    text += fmt::format("{}: {}\n", kind, functions.size());
  return text;
}

std::string page(const Summary& summary, const Target& target, const Options& options) {
  std::string text = fmt::format(
      "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# Exactness: {} {}\n\nEach function of the units of "
      "[{}](../../bench/corpus/{}), compiled from the target's source by {}, against image and modules as "
      "shipped. "
      "The command, which wrote this page as well:\n\n    bench/exactness.sh --target {} --markdown "
      "docs/results/exactness-{}.md\n\n{}\n",
      target.id.release, target.id.version, fs::path(options.list).filename().string(),
      fs::path(options.list).filename().string(), target.compiler_version, options.target,
      target.id.version.substr(0, target.id.version.find('.', target.id.version.find('.') + 1)),
      said(summary));
  for (const auto& [kind, functions] : summary.different) {
    text += fmt::format("\n## {}: {}\n\n", kind, functions.size());
    const auto* known =
        std::ranges::find(kKinds, kind, [](const Kind& one) { return std::string(one.name); });
    if (known != kKinds.end()) text += fmt::format("{}.\n\n", known->meaning);
    for (const std::string& function : functions) text += "- " + function + "\n";
  }
  return text;
}

Result<int> run_exactness(Options options) {
  const TargetStore store = TRY(TargetStore::at(options.store));
  const Target target = TRY(store.find(options.target));
  options.results = (fs::absolute(options.results) / target.id.build_id).lexically_normal().string();
  TRY(make_directories(options.results));
  const FileLock lock = TRY(FileLock::acquire(fs::path(options.results) / "lock"));
  const auto entries = corpus::matching(
      TRY(corpus::parse_list(TRY(read_text_file(options.list)), options.list)), options.only);
  {
    Progress progress("exactness of " + target.id.release);
    TRY(run_jobs(options, target, entries, progress));
  }
  const Summary summary = TRY(summarise(options, entries));
  if (!options.markdown.empty()) TRY(write_file(options.markdown, page(summary, target, options)));
  if (options.json) {
    fmt::print("{}", json_text({{"units", summary.units},
                                {"compared", summary.compared},
                                {"equal", summary.equal},
                                {"not_compared", summary.outcomes},
                                {"different", summary.different}}));
  } else {
    fmt::print("{}", said(summary));
  }
  return summary.outcomes.contains("internal-error") ? 1 : 0;
}

}  // namespace
}  // namespace suture

int main(int argc, char** argv) {
  using namespace suture;
  end_children_with_us();
  Options options;
  CLI::App app("Compares what we compile with what a distribution shipped, function by function.",
               "suture-exactness");
  app.add_option("--list", options.list, "Lines OBJECT FILE: vmlinux net/core/sock.c, or vsock.ko ...")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--target", options.target, "A kernel of the store")
      ->type_name("TARGET")
      ->capture_default_str();
  app.add_option("--store", options.store, "Folder that holds the targets (default: ~/.cache/suture)")
      ->type_name("FOLDER");
  app.add_option("--only", options.only, "Only units whose path contains this")->type_name("PATTERN");
  app.add_option("--results", options.results,
                 "Folder for what is found out; a run that was stopped goes on there")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--jobs", options.jobs, "Units to work on at once")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("--markdown", options.markdown, "Write shares and exceptions as a page")->type_name("FILE");
  app.add_flag("--json", options.json, "Print the summary as JSON");
  app.footer("Example:\n  suture-exactness --target 6.12.118+deb13-cloud-amd64 --only net/");
  CLI11_PARSE(app, argc, argv);
  const Result<int> status = run_exactness(options);
  if (status) return *status;
  fmt::print(stderr, "suture-exactness: {}\n", status.error().message());
  return 5;
}
