// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "corpus/guest_script.h"
#include "corpus/jobs.h"
#include "corpus/machine.h"
#include "corpus/phases.h"
#include "qualify/vm.h"

namespace suture::corpus {
namespace {

constexpr unsigned kMemory = 1024;
constexpr int kBootsInVain = 3;
constexpr std::chrono::seconds kBootTime{240};
constexpr std::chrono::seconds kPatchTime{120};

/// One batch of patches, in as many boots as it takes.
class Batch {
 public:
  Batch(const Corpus& corpus, std::vector<Record> records) : corpus_(corpus) {
    for (Record& record : records) {
      const std::string name = record.entry.file_name();
      open_.push_back({.name = name, .module = record.compile->object});
      records_.emplace(name, std::move(record));
    }
  }

  Result<void> run() {
    int in_vain = 0;
    while (!open_.empty()) {
      const BootVerdict verdict = judge_boot(open_, TRY(boot()));
      bool further = false;
      for (const auto& [name, words] : verdict.bad_targets) further = leave_target(name, words) || further;
      for (const auto& [name, vm] : verdict.tried) {
        further = true;
        // What may be the machine's fault counts when it comes again.
        const bool doubtful = std::ranges::find(verdict.doubtful, name) != verdict.doubtful.end();
        if (doubtful && doubted_.insert(name).second) continue;
        TRY(record(name, vm));
      }
      // On a busy host a machine may not even come up.
      if (!further && ++in_vain == kBootsInVain)
        return fail("corpus.machine", "run a batch of patches", "the machine came to none of them");
    }
    return {};
  }

 private:
  Result<VmResult> boot() const {
    GuestFiles files = TRY(GuestFiles::make());
    for (const char* name : {"virtio_pci", "virtio_net"})
      TRY(files.add_module(corpus_.target.modules, name, true));
    TRY(files.add_program("/usr/bin/stress-ng", ""));
    std::string list;
    for (const Trial& trial : open_) {
      list += fmt::format("{} {}\n", trial.name, trial.module);
      TRY(files.add_file(corpus_.results.module(records_.at(trial.name).entry),
                         fmt::format("root/patches/{}.ko", trial.name)));
      if (trial.module != "vmlinux" && trial.module != "-")
        TRY(files.add_module(corpus_.target.modules, trial.module, false));
    }
    files.add_text("root/patches.list", list);
    return run_vm({.kernel = corpus_.target.image,
                   .script = std::string(kPatchesScript),
                   .environment = {},
                   .timeout = kBootTime + kPatchTime * static_cast<int>(open_.size()),
                   .memory = kMemory,
                   .cpus = 2,
                   .log = {}},
                  std::move(files));
  }

  bool leave_target(const std::string& name, const std::string& words) {
    std::ranges::find(open_, name, &Trial::name)->module.assign(1, '-');
    return bad_targets_.emplace(name, "the kernel complains of it, without a patch: " + words).second;
  }

  Result<void> record(const std::string& name, VmRecord vm) {
    if (const auto bad = bad_targets_.find(name); bad != bad_targets_.end()) vm.target = bad->second;
    Record& unit = records_.at(name);
    unit.vm = std::move(vm);
    std::erase_if(open_, [&](const Trial& trial) { return trial.name == name; });
    return corpus_.results.write(unit);
  }

  const Corpus& corpus_;
  std::vector<Trial> open_;
  std::map<std::string, Record> records_;
  std::map<std::string, std::string> bad_targets_;
  std::set<std::string> doubted_;
};

bool is_patched(const Record& record) {
  return record.delta && !record.delta->failure && !record.delta->functions.empty();
}

}  // namespace

Result<void> vm_phase(const Corpus& corpus, Progress& progress) {
  std::vector<std::vector<Record>> batches;
  std::size_t open = 0;
  for (const Entry& entry : corpus.entries) {
    Record record = TRY(corpus.results.read(entry));
    if (record.vm || !is_patched(record)) continue;
    if (batches.empty() || batches.back().size() == corpus.batch) batches.emplace_back();
    batches.back().push_back(std::move(record));
    ++open;
  }
  progress.step(fmt::format("boot for {} patches", open), 0, open);
  const auto work = [&](std::size_t job) {
    const auto done = Batch(corpus, batches[job]).run();
    if (!done) fmt::print(stderr, "suture-corpus: {}\n", done.error().message());
  };
  std::size_t done = 0;
  const auto finished = [&](std::size_t job, const std::string& died) -> Result<void> {
    done += batches[job].size();
    progress.step(fmt::format("{} of {} patches in the machine", done, open), done, open);
    if (!died.empty()) return fail("corpus.machine", "run a batch of patches", died);
    return {};
  };
  return JobRunner{
      .at_once = corpus.machines, .timeout = std::chrono::hours(6), .work = work, .finished = finished}
      .run(batches.size());
}

}  // namespace suture::corpus
