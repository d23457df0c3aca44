// SPDX-License-Identifier: Apache-2.0
//
// A host's installed software against advisories: which holes are open in packages, in what still runs in its
// old form, in copies that no package list knows, and in the kernel; and what few steps close most of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/finding.h"
#include "audit/judge.h"
#include "audit/running_code.h"
#include "base/error.h"
#include "base/terminal.h"

namespace suture {

/// All that is told of the vulnerabilities which name a package so, as source package, binary package or
/// upstream's product.
using AdvisoryLookup = std::function<Result<std::vector<Advisory>>(const std::string& name)>;

/// What the caller knows of the running kernel.
struct KernelState {
  std::string release{};            ///< uname -r
  std::string package_version{};    ///< of the package that was booted
  std::string effective_version{};  ///< that of a kernel with the same fixes; empty: no live patch tells
  std::set<std::string> patched{};  ///< CVE ids which a live patch closes
};

struct AuditRequest {
  RunningPlaces places{};
  bool processes = true;  ///< false: packages alone
  /// To be searched for copies that nothing runs; names within the root.
  std::vector<std::filesystem::path> folders{};
  std::optional<KernelState> kernel{};
  AdvisoryLookup advisories{};
};

/// A root file system in which something runs.
struct AuditedRoot {
  std::string name{};  ///< "host", or what runs in it: "container 0123456789ab"
  InstalledDistribution distribution{};
  PackageKind kind = PackageKind::kDebian;
  std::size_t packages = 0;
  std::string problem{};  ///< why its packages are not known
};

struct SoftwareFinding {
  enum class Kind : std::uint8_t {
    kPackage,  ///< on the disk
    kRunning,  ///< closed on the disk, still open in processes that run the old file
    kCopy,     ///< in a copy, bundled or linked statically
    kKernel,   ///< in the kernel that runs
  };
  Kind kind = Kind::kPackage;
  std::string cve{};
  std::size_t root = 0;
  std::string subject{};  ///< source package; of a copy the library
  std::string path{};     ///< of a copy
  bool runs = true;       ///< false: a copy in a file that nothing has mapped
  std::string version{};
  Judgement judgement{};
  Urgency urgency{};
  ProcessOwner owner{};  ///< of kRunning
};

/// A file that has something to be told about: mapped, and outdated or in no package, or with a library in
/// it.
struct AuditedFile {
  CodeFile file{};
  std::string package{};       ///< its owner; empty: none
  std::string same_as{};       ///< the packaged file that has its build-id
  std::string same_package{};  ///< and that file's package
};

struct Restart {
  ProcessOwner owner{};
  std::size_t root = 0;
  std::vector<std::int64_t> pids{};
  std::vector<std::string> names{};     ///< of the processes
  std::vector<std::string> outdated{};  ///< files
  std::size_t closes = 0;               ///< findings that are known to end with it
};

struct AuditStep {
  enum class Kind : std::uint8_t { kUpdate, kReplace, kRestart, kReboot, kUpdateKernel };
  Kind kind = Kind::kUpdate;
  std::size_t root = 0;
  std::string subject{};      ///< source package, file, or who is restarted
  std::string version{};      ///< to which at least; empty: not known
  std::string how{};          ///< for people
  std::size_t closes = 0;     ///< findings that none of the steps before closes
  std::size_t so_far = 0;     ///< closed by it and all before
  std::size_t exploited = 0;  ///< of all that it closes, those whose exploitation was seen
  double score = 0;           ///< the highest of them
};

struct AuditedKernel {
  KernelState state{};
  std::string package{};          ///< that was booted
  std::string newest{};           ///< version of the newest that is installed
  std::size_t closed_live = 0;    ///< by a live patch
  std::size_t closed_reboot = 0;  ///< open, and not in the newest that is installed
};

struct Audit {
  std::vector<AuditedRoot> roots{};
  std::vector<SoftwareFinding> findings{};  ///< affected and under investigation; worst first
  std::vector<AuditedFile> files{};
  std::vector<Restart> restarts{};
  std::vector<AuditStep> steps{};  ///< in the order in which they remove most
  std::optional<AuditedKernel> kernel{};
  std::size_t processes = 0;
  std::size_t mapped_files = 0;
  std::size_t advisories = 0;  ///< that were asked about something here
  std::size_t hidden = 0;      ///< processes that may not be looked at
  std::size_t left_out = 0;    ///< files that are too many or too large, mapped or searched
  std::size_t searched = 0;    ///< programs and libraries that lie in the folders, and nothing runs
};

/// `progress` may be null.
Result<Audit> audit(const AuditRequest& request, Progress* progress);

std::string_view name_of(SoftwareFinding::Kind kind);
std::string_view name_of(AuditStep::Kind kind);

}  // namespace suture
