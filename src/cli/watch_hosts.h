// SPDX-License-Identifier: Apache-2.0
//
// Hosts that `suture watch` takes into account when it is asked about a kernel: this one, or those whose
// reports somebody gathered.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"
#include "patchset/host_modules.h"
#include "patchset/patchset.h"

namespace suture::cli {

struct HostsQuestion {
  bool host = false;
  std::string root = "/";
  std::string reports{};
};

/// --host, --root and --reports.
void add_hosts_question(CLI::App& command, HostsQuestion& question);

/// What reports say, of hosts whose running kernel is the one that is asked about.
struct ReportedHosts {
  std::vector<HostModules> modules{};
  std::size_t of_other_kernels = 0;
  std::size_t silent = 0;  ///< of agents that do not tell of modules
  std::size_t unreadable = 0;
  std::string problem{};  ///< the first that could not be read, and why
};

/// A file, or all files *.json of a folder: a report as agents send it, a list of such, or an answer of the
/// server ({"hosts": […]}, {"reports": […]}). Of each host the newest counts. Foreign input: what is no
/// report is counted. "watch.reports" when there is no such folder or file.
Result<ReportedHosts> read_reports(const std::filesystem::path& from, const std::string& build_id);

/// "watch.other-kernel" when this host's is not the one that is asked about.
Result<std::vector<HostModules>> known_hosts(const HostsQuestion& question, const TargetId& target);

}  // namespace suture::cli
