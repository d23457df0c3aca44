// SPDX-License-Identifier: Apache-2.0
//
// documents FOLDER: writes there what scanners are told of several hosts, for other programs to judge.
// documents FOLDER RELEASE: and OVAL definitions for the kernel RELEASE, of three vulnerabilities that levels
// 2, 3 and 12 close, which look for live patches in FOLDER/livepatch.
#include <cstdio>

#include "../../unit/scanner/hosts.h"
#include "base/file.h"
#include "scanner/csaf.h"
#include "scanner/metrics.h"
#include "scanner/openvex.h"
#include "scanner/oval.h"

namespace {

namespace fs = std::filesystem;
using namespace suture;

ScannedHost unpatched_host() {
  ScannedHost host = plain_host();
  host.level = 0;
  host.module_name.clear();
  host.version.clear();
  for (CveVerdict& one : host.verdicts) {
    if (one.verdict == Verdict::kPatched) one.verdict = Verdict::kOpen;
  }
  return host;
}

HostMetrics metrics_of(const ScannedHost& host) {
  HostMetrics metrics;
  metrics.report.release = host.release;
  metrics.report.architecture = host.architecture;
  metrics.report.build_id = host.build_id;
  metrics.report.channel = host.hostname;
  metrics.report.level = host.level;
  metrics.report.checked_at = host.time;
  metrics.report.error = ReportedError{host.hostname, host.hostname};
  metrics.version = host.tool;
  return metrics;
}

Result<void> write_all(const fs::path& folder, const std::string& name, const ScannedHost& host) {
  TRY(write_file(folder / (name + ".openvex.json"), TRY(openvex_text(host))));
  TRY(write_file(folder / (name + ".csaf.json"), TRY(csaf_text(host))));
  TRY(write_file(folder / (name + ".oval.xml"), TRY(oval_text(oval_content(host)))));
  return write_file(folder / (name + ".prom"), metrics_text(metrics_of(host)));
}

/// The second kernel is one that runs nowhere.
Result<void> write_definitions(const fs::path& folder, const std::string& release) {
  const OvalContent content = {
      .tool = "0.1.0",
      .time = "2026-11-24T10:00:00Z",
      .kernels = {{.release = release,
                   .fixes = {{"CVE-2026-1002", 2}, {"CVE-2026-1003", 3}, {"CVE-2026-1012", 12}}},
                  {.release = "0.0.0-elsewhere", .fixes = {{"CVE-2026-1999", 1}}},
                  {.release = release, .version = "0.0.0-elsewhere", .fixes = {{"CVE-2026-1998", 1}}}},
      .live_patches = folder.string() + "/livepatch",
      .stop_machine = folder.string() + "/stop"};
  return write_file(folder / "definitions.xml", TRY(oval_text(content)));
}

Result<void> write_documents(const fs::path& folder, const std::string& release) {
  TRY(write_all(folder, "patched", plain_host()));
  TRY(write_all(folder, "unpatched", unpatched_host()));
  TRY(write_all(folder, "hostile", hostile_host()));
  if (release.empty()) return {};
  return write_definitions(folder, release);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  const auto done = write_documents(argv[1], argc == 3 ? argv[2] : "");
  if (!done) std::fprintf(stderr, "documents: %s\n", done.error().message().c_str());
  return done ? 0 : 1;
}
