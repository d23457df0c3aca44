// SPDX-License-Identifier: Apache-2.0
#include "build/build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/assemble.h"
#include "build/compiled_unit.h"
#include "build/engine_module.h"
#include "build/fix.h"
#include "build/fix_variant.h"
#include "build/glue_compiler.h"
#include "build/header_reach.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"
#include "build/shipped_target.h"
#include "delta/unit.h"

namespace suture {
namespace {

constexpr std::size_t kLargestConfig = 16u << 20;

/// A unit that changes, or shows to others what it kept to itself.
struct ChangedUnit {
  const CompiledUnit& compiled;
  Delta delta;
};

/// What the comparison of some units says.
struct Comparison {
  std::vector<const std::vector<CompiledUnit>*> compiled{};  ///< which units
  std::vector<ChangedUnit> changed{};
  std::vector<std::string> notes{};
  std::vector<RiskFact> risks{};
};

bool has_line(std::string_view text, std::string_view line) {
  for (std::size_t at = 0; (at = text.find(line, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + line.size();
    if ((at == 0 || text[at - 1] == '\n') && (end == text.size() || text[end] == '\n')) return true;
  }
  return false;
}

class Builder {
 public:
  Builder(const BuildRequest& request, Progress& progress) : request_(request), progress_(progress) {
    result_.patchset = empty_patchset(request.target, request.level);
    result_.patchset.effective_version = request.effective_version;
  }

  Result<BuildResult> run() {
    const std::string config = TRY(read_text_file(request_.target.config, kLargestConfig));
    TRY(find_engines(config));
    TRY(find_signature_rules(config));
    // Read the fixes and lay them, in order, over the source that the kernel was built from.
    progress_.step("apply the fixes");
    for (const auto& path : request_.fixes)
      fixes_.push_back(TRY(read_fix(TRY(variant_for(path, request_.target.id.release)))));
    for (const Fix& fix : fixes_) texts_.emplace(fix.record.name, fix.text);
    if (texts_.size() != fixes_.size())
      return fail("build.fix-twice", "build a patchset", "two fixes have one name", "give each once");
    const PatchedTree tree = TRY(PatchedTree::make(request_.target.source, fixes_));
    take_fits(tree.fits());
    TRY(check_needed("build.not-affected"));

    // Compile each touched unit as the kernel was compiled, before and after.
    const Kbuild kbuild = TRY(Kbuild::prepare(request_.target, BuildCache(request_.cache)));
    const TouchedFiles touched = TRY(files_touched_by(fixes_));
    const std::vector<UnitFlags> units =
        TRY(find_units(kbuild, {touched.units.begin(), touched.units.end()}));
    TRY(check_needed("build.not-affected"));
    const std::vector<CompiledUnit> compiled =
        TRY(compile_units(kbuild, tree, units, request_.jobs, progress_));

    result_.units = compiled.size();

    // Compare the two objects: what changed, and what goes with it.
    Comparison comparison;
    TRY(compare(compiled, comparison));

    // The same of the units that the fixes reach through headers only: there may be hundreds.
    std::vector<CompiledUnit> reached;
    if (!touched.headers.empty()) {
      const std::vector<UnitFlags> more = TRY(units_by_header(kbuild, tree, touched, compiled));
      reached = TRY(compile_units(kbuild, tree, more, request_.jobs, progress_));
      result_.units += reached.size();
      TRY(compare(reached, comparison));
    }
    std::vector<ChangedUnit>& changed = comparison.changed;
    take_findings(comparison);
    TRY(check_declarations(changed));
    TRY(check_changed(changed));

    // Prove against the kernel that runs: what we replace is what is there.
    progress_.step("read the kernel image");
    ShippedTarget shipped = TRY(ShippedTarget::read(request_.target));
    Assembly assembly(shipped, result_.patchset);
    for (const ChangedUnit& unit : changed) TRY(assembly.expose(unit.compiled, unit.delta));
    for (ChangedUnit& unit : changed) {
      if (unit.delta.empty()) continue;
      progress_.step(
          fmt::format("check {} against {}", unit.compiled.flags.unit, unit.compiled.flags.object));
      TRY(assembly.add(unit.compiled, std::move(unit.delta)));
    }

    // Link a module of it for each engine, and write them down with their manifest.
    GlueCompiler glue = TRY(GlueCompiler::make(kbuild, request_.target.source));
    TRY(make_engine(kbuild));
    for (const std::string& engine : engines_) {
      progress_.step(fmt::format("link the module for {}", engine));
      Bytes module = TRY(assembly.link(glue, engine));
      TRY(add_module(std::move(module)));
    }
    TRY(write_patchset());
    return std::move(result_);
  }

 private:
  /// What is not needed has nothing to say either.
  void take_fits(const std::vector<FixFit>& fits) {
    std::vector<Fix> needed;
    for (std::size_t i = 0; i < fixes_.size(); ++i) {
      FixRecord record = fixes_[i].record;
      record.not_affected = fits[i].not_affected;
      record.already_fixed = fits[i].already_fixed;
      for (const std::string& drift : fits[i].drift)
        result_.notes.push_back(fmt::format("{} was written for other lines: {}", record.name, drift));
      result_.patchset.fixes.push_back(record);
      if (!record.not_affected.empty()) continue;
      declared_.updated_data.insert(record.updated_data.begin(), record.updated_data.end());
      declared_.accepted_layouts.insert(record.accepted_layouts.begin(), record.accepted_layouts.end());
      needed.push_back(std::move(fixes_[i]));
    }
    fixes_ = std::move(needed);
  }

  /// Says of fixes to sources alone, all of which are among these units, why they are not needed.
  Result<void> set_aside(const std::set<std::string>& units, std::string_view why) {
    for (const Fix& fix : fixes_) {
      const TouchedFiles touched = TRY(files_touched_by({fix}));
      if (!touched.headers.empty() || !std::ranges::includes(units, touched.units)) continue;
      const auto record = std::ranges::find(result_.patchset.fixes, fix.record.name, &FixRecord::name);
      record->not_affected = fmt::format("{}: {}", fmt::join(touched.units, ", "), why);
    }
    return {};
  }

  Result<void> check_needed(const char* code) const {
    const auto& records = result_.patchset.fixes;
    if (std::ranges::any_of(records, [](const FixRecord& fix) { return fix.not_affected.empty(); }))
      return {};
    std::string why;
    for (const FixRecord& fix : records) {
      if (records.size() > 1) why += fmt::format("{}{}: ", why.empty() ? "" : "; ", fix.name);
      why += fix.not_affected;
    }
    return fail(code, "build a patchset for " + request_.target.id.release, std::move(why),
                "this kernel needs no patch for it");
  }

  Result<void> check_changed(const std::vector<ChangedUnit>& changed) {
    std::set<std::string> same = compiled_;
    same.insert(absent_.begin(), absent_.end());
    for (const ChangedUnit& unit : changed) {
      if (!unit.delta.empty()) same.erase(unit.compiled.flags.unit);
    }
    TRY(set_aside(same, "with the fix, this kernel's configuration gives the same code"));
    TRY(check_needed("build.nothing-changed"));
    if (!std::ranges::all_of(changed, [](const ChangedUnit& unit) { return unit.delta.empty(); })) return {};
    return fail("build.nothing-changed", "build a patchset", "the fixes change no code of this kernel",
                "they touch only comments, line numbers, or code that its configuration leaves out");
  }

  /// A declaration that has no effect is a misspelt one, or one for another kernel.
  Result<void> check_declarations(const std::vector<ChangedUnit>& changed) const {
    for (const std::string& name : declared_.updated_data) {
      const auto updates = [&](const ChangedUnit& unit) {
        return std::ranges::any_of(unit.delta.updates, [&](const DeltaUpdate& update) {
          return update.name == name || stable_name(update.name) == name;
        });
      };
      if (std::ranges::any_of(changed, updates)) continue;
      return fail("build.declaration-unused", "make a patchset",
                  fmt::format("a fix declares Suture-Update-Data: {}, but changes no such variable", name),
                  "is it misspelt, or its change configured out of this kernel?");
    }
    return {};
  }

  Result<std::vector<UnitFlags>> find_units(const Kbuild& kbuild, const std::vector<std::string>& names) {
    progress_.step(fmt::format("ask kbuild how it compiles {}", fmt::join(names, ", ")));
    std::vector<Result<UnitFlags>> answers = kbuild.flags(names);
    std::vector<UnitFlags> units;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!answers[i] && answers[i].error().code == "build.unit-not-built") {
        absent_.insert(names[i]);
        result_.notes.push_back(
            fmt::format("{} is left out: this kernel was configured without it", names[i]));
        continue;
      }
      units.push_back(TRY(std::move(answers[i])));
      compiled_.insert(names[i]);
    }
    TRY(set_aside(absent_, "this kernel was configured without it"));
    return units;
  }

  /// Few of the units that include a header have code of it.
  Result<std::vector<UnitFlags>> units_by_header(const Kbuild& kbuild, const PatchedTree& tree,
                                                 const TouchedFiles& touched,
                                                 const std::vector<CompiledUnit>& own) {
    HeaderReach reach = TRY(units_reached_by_headers(
        kbuild, tree, touched, own, {.jobs = request_.jobs, .most_units = request_.header_units}, progress_));
    note_reach(reach, touched.headers);
    for (const UnitFlags& unit : reach.units) by_header_.insert(unit.unit);
    return std::move(reach.units);
  }

  void note_reach(const HeaderReach& reach, const std::set<std::string>& headers) {
    std::string naming;
    for (const StructChange& change : reach.structs)
      naming += fmt::format("; {} can name what is new or elsewhere in struct {} ({})", reach.naming,
                            change.tag, fmt::join(change.members, ", "));
    result_.notes.push_back(fmt::format(
        "{} units include {}{}; this kernel has {} of them, and {} may change, by their preprocessed text",
        reach.including, fmt::join(headers, ", "), naming, reach.built, reach.units.size()));
  }

  /// A function that ftrace cannot reach, nor can its callers be replaced in its stead, is one for the engine
  /// that writes a jump into it: then all that was compared is compared again, for that engine alone.
  Result<void> compare(const std::vector<CompiledUnit>& compiled, Comparison& comparison) {
    comparison.compiled.push_back(&compiled);
    Result<void> done = compare_units(compiled, comparison);
    if (done || done.error().code != "delta.no-ftrace-entry" || engines_.size() == 1) return done;
    leave_out(kKlpEngine, done.error().why);
    Comparison again{.compiled = comparison.compiled};
    for (const std::vector<CompiledUnit>* units : again.compiled) TRY(compare_units(*units, again));
    comparison = std::move(again);
    return {};
  }

  Result<void> compare_units(const std::vector<CompiledUnit>& compiled, Comparison& comparison) {
    for (const CompiledUnit& unit : compiled) {
      progress_.step("compare " + unit.flags.unit);
      Delta delta = TRY(compare_unit(unit, declared_));
      for (const DeltaNote& note : delta.notes)
        comparison.notes.push_back(fmt::format("{}: {} [{}]", unit.flags.unit, note.text, note.code));
      comparison.risks.insert(comparison.risks.end(), delta.risks.begin(), delta.risks.end());
      if (delta.empty()) {
        if (!by_header_.contains(unit.flags.unit))
          comparison.notes.push_back(
              fmt::format("{} compiles to the same code with the fix", unit.flags.unit));
        if (delta.exposed.empty()) continue;
      }
      comparison.changed.push_back({.compiled = unit, .delta = std::move(delta)});
    }
    return {};
  }

  void take_findings(const Comparison& comparison) {
    auto& notes = result_.notes;
    notes.insert(notes.end(), comparison.notes.begin(), comparison.notes.end());
    auto& risks = result_.patchset.risks;
    risks.insert(risks.end(), comparison.risks.begin(), comparison.risks.end());
  }

  /// What was asked for, as far as the kernel can have it.
  Result<void> find_engines(std::string_view config) {
    engines_ = request_.engines;
    if (engines_.contains(kKlpEngine) && !has_line(config, "CONFIG_LIVEPATCH=y"))
      TRY(leave_out_unless_only(kKlpEngine,
                                {.code = "build.engine-unsupported",
                                 .what = "make a livepatch module",
                                 .why = "this kernel was built without CONFIG_LIVEPATCH",
                                 .hint = "--engine stopmachine makes a module for Suture's own"}));
    if (engines_.contains(kStopMachineEngine)) {
      if (auto able = check_engine_can_run(config); !able)
        TRY(leave_out_unless_only(kStopMachineEngine, std::move(able).error()));
    }
    declared_.jumps = !engines_.contains(kKlpEngine);
    return {};
  }

  /// A host with our patch module has our engine from the same place.
  Result<void> make_engine(const Kbuild& kbuild) {
    if (!engines_.contains(kStopMachineEngine)) return {};
    progress_.step("make the stop-machine engine");
    auto engine = unsigned_engine_module(kbuild);
    if (!engine) return leave_out_unless_only(kStopMachineEngine, std::move(engine).error());
    engine_ = std::move(*engine);
    return {};
  }

  Result<void> leave_out_unless_only(std::string_view engine, Error error) {
    if (engines_.size() == 1) return std::unexpected(std::move(error));
    leave_out(engine, error.why);
    return {};
  }

  void leave_out(std::string_view engine, std::string_view why) {
    engines_.erase(engines_.find(engine));
    declared_.jumps = !engines_.contains(kKlpEngine);
    result_.notes.push_back(fmt::format("there is no module for {}: {}", engine, why));
  }

  /// Before the long work, since a key that this kernel cannot check makes it worthless.
  Result<void> find_signature_rules(std::string_view config) {
    if (!request_.module_key) return {};
    rules_ = TRY(signature_rules(config));
    if (!rules_.owner_keys) {
      result_.notes.emplace_back(
          "this kernel takes no certificate from its machine's owner (CONFIG_LOAD_UEFI_KEYS is off): where "
          "it "
          "insists on signatures, it will load the module only if the certificate was built into it");
    }
    return request_.module_key->check(rules_);
  }

  /// Of the assembly's last module.
  Result<void> add_module(Bytes bytes) {
    PatchModule& module = result_.patchset.modules.back();
    TRY(sign(bytes));
    module.sha256 = sha256_hex(bytes);
    module.size = bytes.size();
    files_.emplace(module.file, std::move(bytes));
    if (module.engine == kStopMachineEngine) TRY(add_engine_module(module));
    return {};
  }

  Result<void> add_engine_module(PatchModule& module) {
    Bytes bytes = engine_;
    TRY(sign(bytes));
    module.engine_module = EngineModule{.file = std::string(kEngineFileName),
                                        .sha256 = sha256_hex(bytes),
                                        .size = bytes.size(),
                                        .abi = kEngineAbi};
    files_.emplace(kEngineFileName, std::move(bytes));
    return {};
  }

  Result<void> sign(Bytes& module) {
    if (!request_.module_key) return {};
    progress_.step("sign the module");
    module = TRY(request_.module_key->sign(module, rules_));
    result_.patchset.module_signer = request_.module_key->signer(rules_);
    return {};
  }

  /// The folder appears as a whole, or not at all.
  Result<void> write_patchset() const {
    const std::filesystem::path output = std::filesystem::absolute(request_.output).lexically_normal();
    TempDir folder = TRY(TempDir::make(".suture-build", output.parent_path()));
    for (const auto& [name, bytes] : files_) TRY(write_file(folder.path() / name, bytes));
    TRY(write_file(folder.path() / kManifestName, to_json(result_.patchset).dump(2) + "\n"));
    for (const auto& [name, text] : texts_)
      TRY(write_file(folder.path() / kFixFolder / (name + ".patch"), text));
    return folder.move_to(output);
  }

  const BuildRequest& request_;
  Progress& progress_;
  BuildResult result_;
  std::set<std::string, std::less<>> engines_;  ///< to make modules for; livepatch first
  Bytes engine_;                                ///< suture.ko, not signed
  PatchsetFiles files_;                         ///< to be written
  SignatureRules rules_;                        ///< of the target, if the modules are to be signed
  DeltaOptions declared_;                       ///< by the fixes, for all units
  std::map<std::string, std::string> texts_;    ///< of all fixes that were given, by name
  std::vector<Fix> fixes_;                      ///< those that the kernel needs
  std::set<std::string> compiled_;              ///< units that the fixes name, as far as this kernel has them
  std::set<std::string> absent_;                ///< units that the fixes name and this kernel does not have
  std::set<std::string> by_header_;             ///< units that the fixes reach only through headers
};

}  // namespace

Result<BuildResult> build_patchset(const BuildRequest& request, Progress& progress) {
  const std::string what = "make the patchset " + request.output.string();
  if (request.fixes.empty())
    return fail("build.no-fix", what, "no fix was given", "name at least one with --fix");
  if (request.level == 0) return fail("build.bad-level", what, "levels count from 1");
  std::error_code error;
  if (std::filesystem::exists(request.output, error)) {
    return fail("build.output-exists", what, "it is there already", "give another --output, or remove it");
  }
  return Builder(request, progress).run();
}

}  // namespace suture
