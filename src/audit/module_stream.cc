// SPDX-License-Identifier: Apache-2.0
#include "audit/module_stream.h"

namespace suture {
namespace {

/// "16.20.2-1.module+el9.2.0+19753+58118bc0"; AlmaLinux writes "module_el9".
bool is_of_module(std::string_view version) {
  return version.find(".module+") != version.npos || version.find(".module_") != version.npos;
}

/// "1:16.20.2-…" is of 16, and of 16.20, and not of 1.
bool is_of_series(std::string_view version, std::string_view series) {
  if (const std::size_t colon = version.find(':'); colon != version.npos) version.remove_prefix(colon + 1);
  if (series.empty() || !version.starts_with(series)) return false;
  version.remove_prefix(series.size());
  return version.empty() || version[0] == '.' || version[0] == '-';
}

}  // namespace

std::string_view stream_of_ecosystem(std::string_view ecosystem) {
  // Of Red Hat's documents, which name platforms in words: "Rocky Linux:9" is OSV's way, and of no stream.
  if (!ecosystem.starts_with("Red Hat ")) return {};
  const std::string_view last = ecosystem.substr(ecosystem.rfind(' ') + 1);
  return last.find(':') == last.npos ? std::string_view{} : last;
}

std::string_view without_stream(std::string_view ecosystem) {
  const std::string_view stream = stream_of_ecosystem(ecosystem);
  return stream.empty() ? ecosystem : ecosystem.substr(0, ecosystem.size() - stream.size() - 1);
}

SameStream same_stream(const InstalledPackage& package, std::string_view stream, std::string_view version) {
  const bool here = is_of_module(package.version) || !package.stream.empty();
  if (!stream.empty()) {
    if (!here) return SameStream::kNo;
    if (!package.stream.empty()) return package.stream == stream ? SameStream::kYes : SameStream::kNo;
  }
  const bool there = !stream.empty() || is_of_module(version);
  // Without a version nothing is said of any stream.
  if (version.empty()) return there ? SameStream::kNotTold : SameStream::kYes;
  if (here != there) return SameStream::kNo;
  if (!here) return SameStream::kYes;
  // Most streams are called after the version of the package that they are about, but not of all in them.
  std::string_view series = package.stream.empty() ? std::string_view(stream) : package.stream;
  series.remove_prefix(series.find(':') == series.npos ? series.size() : series.find(':') + 1);
  const bool here_of_it = is_of_series(package.version, series);
  const bool there_of_it = is_of_series(version, series);
  if (here_of_it && there_of_it) return SameStream::kYes;
  return here_of_it || there_of_it ? SameStream::kNo : SameStream::kNotTold;
}

}  // namespace suture
