// SPDX-License-Identifier: Apache-2.0
//
// Tries a patchset on the very kernel that it is for, in a machine of its own, and signs what was seen.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/terminal.h"
#include "patchset/statement.h"
#include "target/store.h"

namespace suture {

inline constexpr std::string_view kQualificationLog = "qualification.log";

struct QualifyRequest {
  std::filesystem::path patchset;             ///< its folder
  std::filesystem::path previous{};           ///< that of a lower level; may be empty
  std::vector<std::filesystem::path> probes;  ///< see read_probes(); those for other fixes are left out
  std::vector<std::string> engines{};         ///< to try; empty: each that the patchset has a module for
  std::filesystem::path guest_program;        ///< suture-guest
  unsigned times = 20;                        ///< to load and remove it
  std::chrono::seconds timeout{300};          ///< for each machine
  bool may_use_kvm = false;                   ///< if it works here: it is tried first, with a bound
  unsigned machines = 1;                      ///< side by side; 1 or more
};

struct QualifyResult {
  Statement statement;
  std::string console;  ///< what the machines printed
  const Qualification& qualification() const { return std::get<Qualification>(statement.predicate); }
};

/// A patchset that fails is no error; nor is one that fails with one engine of several. The statement is
/// about the modules that were tried. "qualify.no-engine" when the patchset has no module for one of those
/// asked for; "qualify.other-kernel", "qualify.not-lower" (of `previous`), "target.not-in-store",
/// "patchset.module-differs", and what the machine and probes lack.
Result<QualifyResult> qualify_patchset(const QualifyRequest& request, const TargetStore& store,
                                       Progress& progress);

/// Puts statement and console beside the patchset, in that folder.
Result<void> write_qualification(const QualifyResult& result, const Ed25519Private& key,
                                 const std::filesystem::path& folder);

/// What lies there of an earlier run, when it is about just these files and probes, passed with each engine
/// that is asked for, maybe with more, and this key signed it.
std::optional<QualifyResult> kept_qualification(const QualifyRequest& request, const Ed25519Public& key);

}  // namespace suture
