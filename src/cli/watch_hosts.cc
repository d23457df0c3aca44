// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/json.h"
#include "cli/foreign_text.h"
#include "engine/notes.h"
#include "engine/running_modules.h"
#include "patchset/report.h"

namespace suture::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 64u << 20;
constexpr std::size_t kLargestNotes = 64u << 10;
constexpr int kDepth = 16;

class Reports {
 public:
  void read(const fs::path& file) {
    const auto text = read_text_file(file, kLargestFile);
    if (!text) return set_aside(file, text.error());
    const auto json = parse_json(*text, file.string(), {.bytes = kLargestFile, .depth = kDepth});
    if (!json) return set_aside(file, json.error());
    take_all(file, *json);
  }

  ReportedHosts of_kernel(const std::string& build_id) {
    for (auto& [id, report] : newest_) {
      if (report.build_id != build_id) {
        ++hosts_.of_other_kernels;
      } else if (!report.modules) {
        ++hosts_.silent;
      } else {
        hosts_.modules.push_back(std::move(*report.modules));
      }
    }
    return std::move(hosts_);
  }

 private:
  void take_all(const fs::path& file, const Json& json) {
    if (json.is_array()) {
      for (const Json& one : json) take(file, one);
      return;
    }
    for (const char* list : {"hosts", "reports"}) {
      if (!json.is_object() || !json.contains(list) || !json[list].is_array()) continue;
      for (const Json& one : json[list]) take(file, one);
      return;
    }
    take(file, json);
  }

  void take(const fs::path& file, const Json& json) {
    // In the history of a host, each stands beside the time when it came.
    const bool wrapped = json.is_object() && json.contains("report");
    auto report = host_report_from_json(wrapped ? json["report"] : json);
    if (!report) return set_aside(file, report.error());
    const auto known = newest_.find(report->host_id);
    if (known == newest_.end()) {
      std::string id = report->host_id;
      newest_.emplace(std::move(id), std::move(*report));
    } else if (known->second.checked_at < report->checked_at) {
      known->second = std::move(*report);
    }
  }

  void set_aside(const fs::path& file, const Error& error) {
    if (hosts_.unreadable++ == 0) hosts_.problem = file.filename().string() + ": " + error.message();
  }

  std::map<std::string, HostReport> newest_;
  ReportedHosts hosts_;
};

Result<HostModules> modules_of_host(const fs::path& root, const TargetId& target) {
  const std::string build_id =
      TRY(build_id_of_notes(TRY(read_file(root / "sys/kernel/notes", kLargestNotes))));
  if (build_id != target.build_id) {
    return fail("watch.other-kernel", "take the modules of the host into account",
                fmt::format("it runs the kernel with build-id {}, and {} has {}", build_id, target.release,
                            target.build_id),
                "`suture target list` shows build-ids. Without --host the answer is for any host.");
  }
  return read_host_modules(root);
}

/// For people; an answer in JSON goes elsewhere.
void warn_of(const ReportedHosts& hosts) {
  if (hosts.unreadable > 0)
    fmt::print(stderr, "suture: {} reports were not understood, the first in {}\n", hosts.unreadable,
               one_line(hosts.problem));
  if (hosts.silent > 0)
    fmt::print(stderr, "suture: {} hosts with this kernel have agents that do not tell of modules\n",
               hosts.silent);
  if (hosts.modules.empty())
    fmt::print(stderr, "suture: no report tells of a host with this kernel ({} have others)\n",
               hosts.of_other_kernels);
}

}  // namespace

void add_hosts_question(CLI::App& command, HostsQuestion& question) {
  CLI::Option* host =
      command.add_flag("--host", question.host, "Look at which modules this host has, or blocks");
  command.add_option("--root", question.root, "Where the host's files are, if not at /")
      ->type_name("FOLDER")
      ->needs(host);
  command
      .add_option("--reports", question.reports,
                  "Look at which modules hosts have that run this kernel, by their agents' reports")
      ->type_name("FOLDER")
      ->excludes(host);
}

Result<ReportedHosts> read_reports(const fs::path& from, const std::string& build_id) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_regular_file(from, error)) {
    files.push_back(from);
  } else {
    for (fs::directory_iterator entry(from, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() == ".json") files.push_back(entry->path());
    }
    if (error) return fail("watch.reports", "read the reports in " + from.string(), error.message());
  }
  std::ranges::sort(files);
  Reports reports;
  for (const fs::path& file : files) reports.read(file);
  return reports.of_kernel(build_id);
}

Result<std::vector<HostModules>> known_hosts(const HostsQuestion& question, const TargetId& target) {
  if (question.host) return std::vector{TRY(modules_of_host(question.root, target))};
  if (question.reports.empty()) return std::vector<HostModules>();
  ReportedHosts hosts = TRY(read_reports(question.reports, target.build_id));
  warn_of(hosts);
  return std::move(hosts.modules);
}

}  // namespace suture::cli
