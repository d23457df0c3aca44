// SPDX-License-Identifier: Apache-2.0
//
// Probes: small programs that tell whether a hole is open, each a folder with probe.toml and its source. What
// a probe may say and needs is told in suture-qualify(1).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "patchset/patchset.h"

namespace suture {

struct Probe {
  std::string name;    ///< of its folder
  std::string closes;  ///< the CVE id or the name of the fix that it is for
  std::filesystem::path source;
  bool is_script = false;  ///< run by the guest's sh, instead of a C program
  std::string user;        ///< "nobody" or "root"
  std::string before;      ///< what it prints on an unpatched kernel: "open"
  std::string after;
  bool has_cost = false;                        ///< "run cost N" makes the patched call N times
  std::vector<std::string> modules;             ///< to be loaded first
  std::map<std::string, std::string> settings;  ///< files below /proc/sys → what to write
};

/// "qualify.probe" names the line that is wrong. `folder` names the source.
Result<Probe> parse_probe(std::string_view toml, const std::filesystem::path& folder);

/// The probe in this folder, or those in the folders below it. "qualify.no-probe" when there is none.
Result<std::vector<Probe>> read_probes(const std::filesystem::path& folder);

/// Whether it is for one of the patchset's fixes that the kernel needs.
bool concerns(const Probe& probe, const Patchset& patchset);

/// The program to run in the guest: compiled by this machine's C compiler, or the script.
/// "qualify.probe-does-not-compile" carries the compiler's words.
Result<Bytes> program_of(const Probe& probe);

}  // namespace suture
