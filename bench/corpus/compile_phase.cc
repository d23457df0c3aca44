// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>

#include "base/file.h"
#include "base/process.h"
#include "build/compiled_unit.h"
#include "build/fix.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"
#include "corpus/jobs.h"
#include "corpus/phases.h"

namespace suture::corpus {
namespace {

namespace fs = std::filesystem;

/// The change to this one file, as if somebody had sent it as a fix.
Result<Fix> change_of(const std::string& unit, const fs::path& old_source, const fs::path& new_source) {
  const std::string what = "compare the versions of " + unit;
  std::error_code error;
  if (!fs::is_regular_file(new_source / unit, error))
    return fail("corpus.unit-removed", what, "the newer source has no such file");
  const Finished diff = TRY(run({.argv = {"diff", "--unified", "--label", "a/" + unit, "--label", "b/" + unit,
                                          (old_source / unit).string(), (new_source / unit).string()},
                                 .environment = {{"LC_ALL", "C"}}}));
  if (diff.status == 0) return fail("corpus.unit-same", what, "both sources have the same file");
  if (diff.status != 1) return fail("corpus.diff-failed", what, diff.err);
  return parse_fix(diff.out, unit);
}

Result<void> compile_pair(const Corpus& corpus, const Kbuild& kbuild, const UnitFlags& flags,
                          const Entry& entry, const fs::path& new_source) {
  const Fix change = TRY(change_of(entry.unit, corpus.target.source, new_source));
  const PatchedTree tree = TRY(PatchedTree::make(corpus.target.source, {change}));
  TRY(compile_original(kbuild, tree, flags, corpus.results.original_object(entry)));
  return compile_patched(kbuild, tree, flags, corpus.results.patched_object(entry));
}

}  // namespace

Result<void> compile_phase(const Corpus& corpus, const fs::path& new_source, Progress& progress) {
  std::vector<Record> open;
  std::vector<std::string> units;
  for (const Entry& entry : corpus.entries) {
    Record record = TRY(corpus.results.read(entry));
    if (record.compile) continue;
    units.push_back(entry.unit);
    open.push_back(std::move(record));
  }
  if (open.empty()) return {};
  TRY(make_directories(corpus.results.folder() / "objects"));
  progress.step(fmt::format("ask kbuild about {} units", units.size()));
  const Kbuild kbuild = TRY(Kbuild::prepare(corpus.target));
  const std::vector<Result<UnitFlags>> flags = kbuild.flags(units);

  const auto work = [&](std::size_t job) {
    const auto start = std::chrono::steady_clock::now();
    Record& record = open[job];
    record.compile = CompileRecord{};
    Result<void> done{};
    if (flags[job]) {
      record.compile->object = flags[job]->object;
      done = compile_pair(corpus, kbuild, *flags[job], record.entry, new_source);
    } else {
      done = std::unexpected(flags[job].error());
    }
    if (!done) record.compile->failure = failure_of(done.error());
    record.compile->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (const auto written = corpus.results.write(record); !written)
      fmt::print(stderr, "{}\n", written.error().message());
  };
  std::size_t done = 0;
  const auto finished = [&](std::size_t job, const std::string& died) -> Result<void> {
    Record& record = open[job];
    progress.step("compile " + record.entry.unit, ++done, open.size());
    if (died.empty()) return {};
    record.compile = CompileRecord{};
    record.compile->failure = Failure{.code = "corpus.died", .text = "compile: " + died};
    return corpus.results.write(record);
  };
  return JobRunner{
      .at_once = corpus.jobs, .timeout = std::chrono::minutes(20), .work = work, .finished = finished}
      .run(open.size());
}

}  // namespace suture::corpus
