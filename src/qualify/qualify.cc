// SPDX-License-Identifier: Apache-2.0
#include "qualify/qualify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>

#include "base/hash.h"
#include "base/process.h"
#include "base/time.h"
#include "qualify/accelerator.h"
#include "qualify/judge.h"
#include "qualify/trial.h"
#include "qualify/vm.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestStatement = 16u << 20;
constexpr std::size_t kLargestLog = 64u << 20;

Result<std::vector<Probe>> probes_for(const QualifyRequest& request, const Patchset& patchset) {
  std::vector<Probe> probes;
  for (const fs::path& folder : request.probes) {
    for (Probe& probe : TRY(read_probes(folder))) {
      if (concerns(probe, patchset)) probes.push_back(std::move(probe));
    }
  }
  return probes;
}

Result<std::vector<QualificationProbe>> records_of(const std::vector<Probe>& probes) {
  std::vector<QualificationProbe> records;
  for (const Probe& probe : probes)
    records.push_back({.name = probe.name, .sha256 = TRY(sha256_hex_of_file(probe.source))});
  return records;
}

Result<std::optional<PatchsetOnDisk>> previous_of(const QualifyRequest& request, const Patchset& patchset) {
  if (request.previous.empty()) return std::nullopt;
  PatchsetOnDisk previous = TRY(read_patchset_on_disk(request.previous));
  const std::string what = "take " + request.previous.string() + " for the level before";
  if (previous.patchset.target.build_id != patchset.target.build_id)
    return fail("qualify.other-kernel", what, "it is for " + previous.patchset.target.release);
  if (previous.patchset.level >= patchset.level)
    return fail("qualify.not-lower", what, fmt::format("it is level {}", previous.patchset.level));
  return previous;
}

/// In the patchset's order.
Result<std::vector<std::string>> engines_of(const QualifyRequest& request, const Patchset& patchset) {
  constexpr std::array kKnown = {kKlpEngine, kStopMachineEngine};
  const auto none = [&](const std::string& why) {
    return fail("qualify.no-engine", "try " + request.patchset.string(), why,
                "`suture inspect` tells which engines it has modules for.");
  };
  for (const std::string& engine : request.engines) {
    if (patchset.module_for(engine) == nullptr) return none("it has no module for the engine " + engine);
  }
  std::vector<std::string> engines;
  for (const PatchModule& module : patchset.modules) {
    const bool known = std::ranges::find(kKnown, module.engine) != kKnown.end();
    const bool wanted =
        request.engines.empty() || std::ranges::find(request.engines, module.engine) != request.engines.end();
    if (wanted && !known) return none("nobody knows here how to try the engine " + module.engine);
    if (wanted) engines.push_back(module.engine);
  }
  return engines;
}

Result<Trial> trial_of(const QualifyRequest& request, const TargetStore& store) {
  Trial trial{.subject = TRY(read_patchset_on_disk(request.patchset)),
              .previous = {},
              .engines = {},
              .target = {},
              .probes = {},
              .times = request.times};
  trial.engines = TRY(engines_of(request, trial.subject.patchset));
  trial.previous = TRY(previous_of(request, trial.subject.patchset));
  trial.target = TRY(store.find(trial.subject.patchset.target.build_id));
  trial.probes = TRY(probes_for(request, trial.subject.patchset));
  return trial;
}

/// Once more, when what went wrong may be the host's fault.
Result<VmResult> run_patiently(const VmConfig& config, const Trial& trial, const fs::path& guest_program) {
  VmResult result = TRY(run_vm(config, TRY(guest_of(trial, guest_program))));
  if (!may_be_slowness(result)) return result;
  return run_vm(config, TRY(guest_of(trial, guest_program)));
}

Result<std::string> machine_text(const VmConfig& config) {
  const Finished version = TRY(run({.argv = {"qemu-system-x86_64", "--version"}}));
  return fmt::format("{}, {}, {} processors, {} MB", version.out.substr(0, version.out.find('\n')),
                     config.accelerator == Accelerator::kKvm ? "KVM" : "TCG", config.cpus, config.memory);
}

}  // namespace

Result<QualifyResult> qualify_patchset(const QualifyRequest& request, const TargetStore& store,
                                       Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const Trial trial = TRY(trial_of(request, store));
  const Patchset& patchset = trial.subject.patchset;
  Accelerator accelerator = Accelerator::kTcg;
  if (request.may_use_kvm) accelerator = best_accelerator(trial.target.image);
  const auto machine_for = [&](const std::string& engine) {
    VmConfig machine = qualify_machine(trial, engine, request.timeout);
    machine.accelerator = accelerator;
    return machine;
  };
  Qualification qualification{.target = patchset.target,
                              .level = patchset.level,
                              .tool = "suture " SUTURE_VERSION,
                              .machine = TRY(machine_text(machine_for(trial.engines.front()))),
                              .finished = {},
                              .seconds = 0,
                              .checks = {},
                              .failures = {},
                              .probes = TRY(records_of(trial.probes)),
                              .ran = {},
                              .never_ran = {},
                              .logs = {}};

  QualifyResult result;
  // Through all that a patch can meet on a server, with each engine in a machine of its own.
  std::vector<std::future<Result<VmResult>>> machines;
  for (const std::string& engine : trial.engines) {
    machines.push_back(std::async(request.machines > 1 ? std::launch::async : std::launch::deferred, [&] {
      return run_patiently(machine_for(engine), trial, request.guest_program);
    }));
  }
  for (std::size_t i = 0; i < machines.size(); ++i) {
    progress.step("the kernel boots, and the patch comes and goes: " + trial.engines[i]);
    const VmResult tried = TRY(machines[i].get());
    judge_trial(tried, trial.engines[i], watched_functions(patchset), qualification);
    result.console += tried.console;
  }

  // A broken one need not be measured.
  const std::optional<VmConfig> cost = cost_machine(trial, request.timeout);
  if (cost && qualification.passed()) {
    progress.step("what the patched calls cost");
    const VmResult measured = TRY(run_patiently(*cost, trial, request.guest_program));
    judge_cost(measured, qualification);
    result.console += measured.console;
  }
  qualification.logs["console"] = sha256_hex(as_bytes(result.console));
  qualification.finished = time_text(wall_clock());
  qualification.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.statement = {.subjects = subjects_of(patchset, trial.subject.manifest_sha256, trial.engines),
                      .predicate = std::move(qualification)};
  return result;
}

Result<void> write_qualification(const QualifyResult& result, const Ed25519Private& key,
                                 const fs::path& folder) {
  TRY(write_file(folder / kQualificationLog, result.console));
  return write_file(folder / kQualificationName, TRY(sign_statement(result.statement, key)));
}

std::optional<QualifyResult> kept_qualification(const QualifyRequest& request, const Ed25519Public& key) {
  const auto text = read_text_file(request.patchset / kQualificationName, kLargestStatement);
  const auto files = read_patchset_on_disk(request.patchset);
  if (!text || !files) return std::nullopt;
  const auto engines = engines_of(request, files->patchset);
  auto read = read_statement(*text, {&key, 1});
  if (!engines || !read || !read->signer ||
      !is_about(read->statement, files->patchset, files->manifest_sha256))
    return std::nullopt;
  const auto* qualification = std::get_if<Qualification>(&read->statement.predicate);
  if (qualification == nullptr || !qualification->passed()) return std::nullopt;
  const std::vector<std::string> untried = untried_engines(*qualification, files->patchset);
  const auto is_untried = [&](const std::string& engine) {
    return std::ranges::find(untried, engine) != untried.end();
  };
  if (std::ranges::any_of(*engines, is_untried)) return std::nullopt;
  // From one level to the other and back is seen only where one was given.
  const bool saw_previous = std::ranges::any_of(qualification->checks, [](const QualificationCheck& check) {
    return check.step == "the level before";
  });
  if (!request.previous.empty() && !saw_previous) return std::nullopt;
  const auto probes = probes_for(request, files->patchset);
  const auto records = probes ? records_of(*probes) : std::unexpected(probes.error());
  if (!records || *records != qualification->probes) return std::nullopt;
  return QualifyResult{
      .statement = std::move(read->statement),
      .console = read_text_file(request.patchset / kQualificationLog, kLargestLog).value_or("")};
}

}  // namespace suture
