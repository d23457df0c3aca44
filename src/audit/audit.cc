// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "audit/audited_packages.h"
#include "audit/files_on_disk.h"
#include "audit/package_log.h"
#include "audit/steps.h"

namespace suture {
namespace {

constexpr std::size_t kLargestOsRelease = 64u << 10;

bool is_open(const Judgement& judgement) {
  return judgement.standing == Standing::kAffected || judgement.standing == Standing::kUnderInvestigation;
}

/// Where programs unpack libraries of their own, only to load and delete them.
bool is_scratch(std::string_view path) {
  return path.starts_with("/tmp/") || path.starts_with("/var/tmp/") || path.starts_with("/dev/") ||
         path.starts_with("/run/");
}

bool is_outdated(const CodeFile& file) {
  return file.state == CodeState::kReplaced || (file.state == CodeState::kDeleted && !is_scratch(file.path));
}

class Auditor {
 public:
  Auditor(const AuditRequest& request, Progress* progress) : request_(request), progress_(progress) {}

  Result<Audit> run() {
    TRY(read_code());
    for (std::size_t root = 0; root < code_.roots.size(); ++root) TRY(read_root(root));
    // The store may be asked about thousands of names: a package that is in many containers is asked about
    // once.
    for (std::size_t root = 0; root < code_.roots.size(); ++root) TRY(judge_packages(root));
    TRY(judge_kernel());
    TRY(judge_running());
    for (const AuditedFile& file : audit_.files) TRY(judge_copies(file));
    find_restarts();
    sort_findings();
    audit_.steps = steps_of(audit_, kinds());
    audit_.advisories = cves_.size();
    return std::move(audit_);
  }

 private:
  Result<void> read_code() {
    if (request_.processes) {
      code_ = TRY(read_running_code(request_.places, progress_));
    } else {
      code_.roots.push_back(TRY(RootFolder::open(request_.places.root)));
    }
    audit_.processes = code_.processes.size();
    audit_.mapped_files = code_.files.size();
    audit_.hidden = code_.hidden;
    audit_.left_out = code_.left_out;
    return search_folders();
  }

  /// In the host's root, or the image's.
  Result<void> search_folders() {
    if (request_.folders.empty()) return {};
    std::set<std::string> mapped;
    for (const CodeFile& file : code_.files) {
      if (file.root == 0) mapped.emplace(merged_name(file.path));
    }
    FilesOnDisk found = TRY(find_files_on_disk(code_.roots[0], request_.folders, mapped, progress_));
    audit_.searched = found.files.size();
    audit_.left_out += found.left_out;
    code_.files.insert(code_.files.end(), std::make_move_iterator(found.files.begin()),
                       std::make_move_iterator(found.files.end()));
    return {};
  }

  /// The first who runs there gives a root its name.
  std::string root_name(std::size_t root) const {
    if (root == 0) return "host";
    const auto process = std::ranges::find(code_.processes, root, &RunningProcess::root);
    if (process == code_.processes.end()) return fmt::format("root {}", root);
    if (process->owner.kind == ProcessOwner::Kind::kNone)
      return fmt::format("root of process {}", process->pid);
    return fmt::format("{} {}", name_of(process->owner.kind), process->owner.name);
  }

  Result<void> read_root(std::size_t index) {
    const RootFolder& root = code_.roots[index];
    AuditedRoot audited{.name = root_name(index)};
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
      if (const auto text = root.read_text(path, kLargestOsRelease)) {
        audited.distribution = parse_os_release(*text);
        break;
      }
    }
    auto list = read_packages(root, index == 0 && request_.places.root == "/");
    if (list) {
      audited.kind = list->kind;
      audited.packages = list->packages.size();
      packages_.push_back(group_packages(*list));
    } else {
      // A container made of one static program has no packages. A host has.
      if (index == 0) return std::unexpected(std::move(list).error());
      audited.problem = list.error().why;
      packages_.emplace_back();
    }
    TRY(read_files(index, audited));
    audit_.roots.push_back(std::move(audited));
    return {};
  }

  /// Whose files are mapped, and which of them are worth a word.
  Result<void> read_files(std::size_t index, const AuditedRoot& audited) {
    std::set<std::string> paths;
    for (const CodeFile& file : code_.files) {
      if (file.root == index) paths.insert(file.path);
    }
    std::map<std::string, std::string> owners;
    if (audited.packages != 0 && !paths.empty())
      owners = TRY(find_owners(code_.roots[index], audited.kind, paths));
    std::map<std::string, std::vector<AuditedFile*>> unowned;
    const std::size_t first = audit_.files.size();
    for (const CodeFile& file : code_.files) {
      if (file.root != index) continue;
      const auto owner = owners.find(file.path);
      AuditedFile one{.file = file, .package = owner == owners.end() ? "" : owner->second};
      drop_own(one, index);
      if (is_outdated(file) || one.package.empty() || !one.file.embedded.empty())
        audit_.files.push_back(std::move(one));
    }
    if (audited.packages == 0) return {};
    for (std::size_t i = first; i < audit_.files.size(); ++i) {
      AuditedFile& file = audit_.files[i];
      if (file.package.empty() && !file.file.build_id.empty()) {
        unowned[std::filesystem::path(file.file.path).filename().string()].push_back(&file);
        if (!file.file.soname.empty()) unowned[file.file.soname].push_back(&file);
      }
    }
    TRY(find_same(index, audited.kind, unowned));
    // That nothing runs it, and no package brought it, is no news.
    std::erase_if(audit_.files, [](const AuditedFile& file) {
      return file.file.state == CodeState::kOnDisk && file.file.embedded.empty() && file.same_as.empty();
    });
    return {};
  }

  /// A library's own package is no news.
  void drop_own(AuditedFile& file, std::size_t root) const {
    const PackageGroup* group = packages_[root].of_binary(file.package);
    if (group == nullptr) return;
    std::erase_if(file.file.embedded, [&](const EmbeddedLibrary& library) {
      const auto names = names_of_library(library.library);
      return std::ranges::find(names, group->source) != names.end();
    });
  }

  /// A copy of a packaged file has its build-id, and most often its name.
  Result<void> find_same(std::size_t index, PackageKind kind,
                         const std::map<std::string, std::vector<AuditedFile*>>& unowned) {
    if (unowned.empty()) return {};
    std::set<std::string> names;
    for (const auto& [name, files] : unowned) names.insert(name);
    for (const PackagedFile& packaged : TRY(find_named(code_.roots[index], kind, names))) {
      const auto found = unowned.find(std::filesystem::path(packaged.path).filename().string());
      if (found == unowned.end()) continue;
      const std::string build_id = build_id_of_file(code_.roots[index], packaged.path);
      for (AuditedFile* file : found->second) {
        if (build_id.empty() || file->file.build_id != build_id || file->file.path == packaged.path) continue;
        file->same_as = packaged.path;
        file->same_package = packaged.package;
      }
    }
    return {};
  }

  Result<const std::vector<Advisory>*> advisories_of(const std::string& name) {
    const auto known = advisories_.find(name);
    if (known != advisories_.end()) return &known->second;
    const auto& kept = advisories_.emplace(name, TRY(request_.advisories(name))).first->second;
    for (const Advisory& advisory : kept) cves_.insert(advisory.cve);
    return &kept;
  }

  /// Each vulnerability once, though several names of a package lead to it.
  Result<std::map<std::string_view, const Advisory*>> advisories_of(const std::vector<std::string>& names) {
    std::map<std::string_view, const Advisory*> result;
    for (const std::string& name : names) {
      for (const Advisory& advisory : *TRY(advisories_of(name))) result.try_emplace(advisory.cve, &advisory);
    }
    return result;
  }

  void add(SoftwareFinding finding, const Advisory& advisory, Judgement judgement) {
    finding.cve = advisory.cve;
    finding.judgement = std::move(judgement);
    if (!finding.runs) finding.judgement.reason += " (on disk, not running)";
    finding.urgency = urgency_of(advisory);
    audit_.findings.push_back(std::move(finding));
  }

  std::vector<PackageKind> kinds() const {
    std::vector<PackageKind> kinds;
    for (const AuditedRoot& root : audit_.roots) kinds.push_back(root.kind);
    return kinds;
  }

  /// The worst of a source package's binary packages, which sources may tell apart.
  std::optional<Judgement> judge_group(const Advisory& advisory, const PackageGroup& group,
                                       std::size_t root) const {
    const AuditedRoot& audited = audit_.roots[root];
    std::optional<Judgement> worst;
    for (const InstalledPackage& package : group.packages) {
      auto judgement = judge_package(advisory, package, audited.kind, audited.distribution);
      if (judgement &&
          (!worst || (judgement->standing == Standing::kAffected && worst->standing != Standing::kAffected)))
        worst = std::move(judgement);
    }
    return worst;
  }

  Result<void> judge_packages(std::size_t root) {
    for (const PackageGroup& group : packages_[root].groups) {
      if (progress_ != nullptr) progress_->step("packages: " + group.source);
      if (group.kernel) continue;
      for (const auto& [cve, advisory] : TRY(advisories_of(group.names()))) {
        auto judgement = judge_group(*advisory, group, root);
        if (!judgement || !is_open(*judgement)) continue;
        add({.root = root, .subject = group.source, .version = group.version}, *advisory,
            *std::move(judgement));
      }
    }
    return {};
  }

  /// What is installed of kernels does no harm; the one that runs does, and it may be another.
  Result<void> judge_kernel() {
    if (!request_.kernel) return {};
    const KernelState& state = *request_.kernel;
    AuditedKernel kernel{.state = state};
    const AuditedRoot& host = audit_.roots[0];
    const KernelPackages packages = kernel_packages(packages_[0], host.kind, state.release);
    if (packages.running.name.empty()) return {};
    kernel.package = packages.running.name;
    kernel.newest = packages.newest;
    const auto with_version = [&](const std::string& version) {
      InstalledPackage package = packages.running;
      if (!version.empty()) package.version = package.source_version = version;
      return package;
    };
    const InstalledPackage booted = with_version(state.package_version);
    const InstalledPackage effective =
        with_version(state.effective_version.empty() ? booted.source_version : state.effective_version);
    for (const auto& [cve, advisory] : TRY(advisories_of({booted.source, booted.name}))) {
      const auto judge = [&](const InstalledPackage& package) {
        return judge_package(*advisory, package, host.kind, host.distribution);
      };
      const auto before = judge(booted);
      if (!before || !is_open(*before)) continue;
      auto now = judge(effective);
      if (state.patched.contains(advisory->cve) || !now || !is_open(*now)) {
        kernel.closed_live += before->standing == Standing::kAffected ? 1 : 0;
        continue;
      }
      const auto next = judge(with_version(packages.newest));
      if (now->standing == Standing::kAffected && next && !is_open(*next)) ++kernel.closed_reboot;
      add({.kind = SoftwareFinding::Kind::kKernel,
           .subject = booted.source,
           .version = state.effective_version.empty() ? booted.source_version : state.effective_version},
          *advisory, *std::move(now));
    }
    audit_.kernel = std::move(kernel);
    return {};
  }

  /// Of a replaced file, the log of upgrades tells which version of its package it is of.
  Result<void> judge_running() {
    std::map<std::size_t, PackageLog> logs;
    std::set<std::tuple<std::size_t, std::string, std::string, ProcessOwner>> done;
    for (const AuditedFile& file : audit_.files) {
      const std::size_t root = file.file.root;
      const PackageGroup* group = packages_[root].of_binary(file.package);
      if (!is_outdated(file.file) || group == nullptr) continue;
      if (!logs.contains(root)) logs.emplace(root, read_log(root));
      for (const std::size_t index : file.file.processes) {
        const RunningProcess& process = code_.processes[index];
        if (process.began == 0) continue;
        const auto version = version_at(logs[root], file.package, process.began);
        if (!version || !done.emplace(root, group->source, *version, process.owner).second) continue;
        TRY(judge_old(root, *group, *version, process.owner));
      }
    }
    return {};
  }

  /// Since the oldest of its processes began.
  PackageLog read_log(std::size_t root) const {
    std::int64_t since = std::numeric_limits<std::int64_t>::max();
    for (const RunningProcess& process : code_.processes) {
      if (process.root == root && process.began != 0) since = std::min(since, process.began);
    }
    return read_package_log(code_.roots[root], audit_.roots[root].kind, since);
  }

  Result<void> judge_old(std::size_t root, const PackageGroup& group, const std::string& version,
                         const ProcessOwner& owner) {
    const AuditedRoot& audited = audit_.roots[root];
    for (const auto& [cve, advisory] : TRY(advisories_of(group.names()))) {
      InstalledPackage old = group.packages.front();
      old.version = version;
      // Debian numbers so what it only compiled once more.
      old.source_version =
          audited.kind == PackageKind::kDebian ? version.substr(0, version.find("+b")) : version;
      auto judgement = judge_package(*advisory, old, audited.kind, audited.distribution);
      if (!judgement || judgement->standing != Standing::kAffected) continue;
      // What is open on the disk as well is told there.
      if (const auto now = judge_group(*advisory, group, root); now && is_open(*now)) continue;
      judgement->reason += ", and is still in use";
      add({.kind = SoftwareFinding::Kind::kRunning,
           .root = root,
           .subject = group.source,
           .version = version,
           .owner = owner},
          *advisory, *std::move(judgement));
    }
    return {};
  }

  Result<void> judge_copies(const AuditedFile& file) {
    const std::size_t root = file.file.root;
    const AuditedRoot& audited = audit_.roots[root];
    if (const PackageGroup* same = packages_[root].of_binary(file.same_package)) {
      for (const auto& [cve, advisory] : TRY(advisories_of(same->names()))) {
        auto judgement = judge_group(*advisory, *same, root);
        if (!judgement || !is_open(*judgement)) continue;
        add({.kind = SoftwareFinding::Kind::kCopy,
             .root = root,
             .subject = same->source,
             .path = file.file.path,
             .runs = file.file.state != CodeState::kOnDisk,
             .version = same->version},
            *advisory, *std::move(judgement));
      }
      return {};
    }
    for (const EmbeddedLibrary& library : file.file.embedded) {
      if (library.version.empty()) continue;
      const auto names = names_of_library(library.library);
      for (const auto& [cve, advisory] : TRY(advisories_of(names))) {
        auto judgement = judge_copy(*advisory, names, library.version, audited.distribution);
        if (!judgement || !is_open(*judgement)) continue;
        add({.kind = SoftwareFinding::Kind::kCopy,
             .root = root,
             .subject = library.library,
             .path = file.file.path,
             .runs = file.file.state != CodeState::kOnDisk,
             .version = library.version},
            *advisory, *std::move(judgement));
      }
    }
    return {};
  }

  void find_restarts() {
    std::map<std::tuple<std::size_t, ProcessOwner, std::int64_t>, Restart> restarts;
    for (const AuditedFile& file : audit_.files) {
      if (!is_outdated(file.file)) continue;
      for (const std::size_t index : file.file.processes) {
        const RunningProcess& process = code_.processes[index];
        // Of no unit: each by itself.
        const std::int64_t alone = process.owner.kind == ProcessOwner::Kind::kNone ? process.pid : 0;
        Restart& restart = restarts[{process.root, process.owner, alone}];
        restart.owner = process.owner;
        restart.root = process.root;
        restart.pids.push_back(process.pid);
        restart.names.push_back(process.name);
        restart.outdated.push_back(file.file.path);
      }
    }
    const auto unique = [](auto& values) {
      std::ranges::sort(values);
      const auto rest = std::ranges::unique(values);
      values.erase(rest.begin(), rest.end());
    };
    for (auto& [key, restart] : restarts) {
      unique(restart.pids);
      unique(restart.names);
      unique(restart.outdated);
      restart.closes =
          static_cast<std::size_t>(std::ranges::count_if(audit_.findings, [&](const auto& finding) {
            return finding.kind == SoftwareFinding::Kind::kRunning && finding.root == restart.root &&
                   finding.owner == restart.owner;
          }));
      audit_.restarts.push_back(std::move(restart));
    }
    std::ranges::stable_sort(audit_.restarts, std::greater{}, &Restart::closes);
  }

  void sort_findings() {
    const auto rank = [](const SoftwareFinding& one) {
      return std::tuple(one.judgement.standing != Standing::kAffected, !one.urgency.exploited,
                        -one.urgency.score, -one.urgency.epss, one.kind, one.root, one.subject, one.path,
                        one.cve);
    };
    std::ranges::stable_sort(audit_.findings,
                             [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  }

  const AuditRequest& request_;
  Progress* progress_;
  RunningCode code_;
  Audit audit_;
  std::vector<GroupedPackages> packages_;  ///< by root
  std::map<std::string, std::vector<Advisory>, std::less<>> advisories_;
  std::set<std::string> cves_;
};

}  // namespace

Result<Audit> audit(const AuditRequest& request, Progress* progress) {
  return Auditor(request, progress).run();
}

std::string_view name_of(SoftwareFinding::Kind kind) {
  switch (kind) {
    case SoftwareFinding::Kind::kPackage:
      return "package";
    case SoftwareFinding::Kind::kRunning:
      return "running";
    case SoftwareFinding::Kind::kCopy:
      return "copy";
    case SoftwareFinding::Kind::kKernel:
      return "kernel";
  }
  return "package";
}

std::string_view name_of(AuditStep::Kind kind) {
  switch (kind) {
    case AuditStep::Kind::kUpdate:
      return "update";
    case AuditStep::Kind::kReplace:
      return "replace";
    case AuditStep::Kind::kRestart:
      return "restart";
    case AuditStep::Kind::kReboot:
      return "reboot";
    case AuditStep::Kind::kUpdateKernel:
      return "update-kernel";
  }
  return "update";
}

}  // namespace suture
