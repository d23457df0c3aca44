// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>

#include "base/file.h"
#include "base/json.h"
#include "build/assemble.h"
#include "build/compiled_unit.h"
#include "build/glue_compiler.h"
#include "build/kbuild.h"
#include "build/shipped_target.h"
#include "corpus/jobs.h"
#include "corpus/phases.h"

namespace suture::corpus {
namespace {

/// What all modules are made with, read and asked for once.
struct Workbench {
  GlueCompiler& glue;
  ShippedTarget& shipped;
};

Result<void> make_module(const Corpus& corpus, Workbench& bench, const Record& record, DeltaRecord& result) {
  const UnitFlags flags{
      .unit = record.entry.unit, .object = record.compile->object, .compile = {}, .objtool = {}};
  const CompiledUnit unit = TRY(read_compiled(flags, corpus.results.original_object(record.entry),
                                              corpus.results.patched_object(record.entry)));
  Delta delta = TRY(compare_unit(unit));
  for (const DeltaNote& note : delta.notes)
    result.notes.push_back(fmt::format("{} [{}]", note.text, note.code));
  if (delta.empty()) return {};
  for (const DeltaFunction& function : delta.functions) result.functions.push_back(function.name);
  Patchset patchset = empty_patchset(corpus.target, 1);
  patchset.fixes.push_back({.name = record.entry.unit, .sha256 = {}, .cves = {}});
  Assembly assembly(bench.shipped, patchset);
  TRY(assembly.add(unit, std::move(delta)));
  const Bytes module = TRY(assembly.link(bench.glue, kKlpEngine));
  result.module_size = module.size();
  TRY(write_file(corpus.results.module(record.entry), module));
  return write_file(corpus.results.manifest(record.entry), json_text(to_json(patchset)));
}

}  // namespace

Result<void> delta_phase(const Corpus& corpus, Progress& progress) {
  std::vector<Record> open;
  for (const Entry& entry : corpus.entries) {
    Record record = TRY(corpus.results.read(entry));
    if (record.compile && !record.compile->failure && !record.delta) open.push_back(std::move(record));
  }
  if (open.empty()) return {};
  progress.step("read the kernel image");
  Kbuild kbuild = TRY(Kbuild::prepare(corpus.target));
  GlueCompiler glue = TRY(GlueCompiler::make(kbuild, corpus.target.source));
  TRY(glue.learn(module_name(kKlpEngine, 1)));
  ShippedTarget shipped = TRY(ShippedTarget::read(corpus.target));

  Workbench bench{.glue = glue, .shipped = shipped};

  const auto work = [&](std::size_t job) {
    const auto start = std::chrono::steady_clock::now();
    Record& record = open[job];
    record.delta = DeltaRecord{};
    const Result<void> made = make_module(corpus, bench, record, *record.delta);
    if (!made) record.delta->failure = failure_of(made.error());
    record.delta->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (const auto written = corpus.results.write(record); !written)
      fmt::print(stderr, "{}\n", written.error().message());
  };
  std::size_t done = 0;
  const auto finished = [&](std::size_t job, const std::string& died) -> Result<void> {
    Record& record = open[job];
    progress.step("delta of " + record.entry.unit, ++done, open.size());
    if (died.empty()) return {};
    record.delta = DeltaRecord{};
    record.delta->failure = Failure{.code = "corpus.died", .text = "delta: " + died};
    return corpus.results.write(record);
  };
  return JobRunner{
      .at_once = corpus.jobs, .timeout = std::chrono::minutes(5), .work = work, .finished = finished}
      .run(open.size());
}

}  // namespace suture::corpus
