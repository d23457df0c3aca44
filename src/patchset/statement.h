// SPDX-License-Identifier: Apache-2.0
//
// What somebody vouches for about a patchset, as an in-toto Statement v1
// (https://github.com/in-toto/attestation, spec/v1/statement.md): its subjects are the module and the
// manifest, by SHA-256; its predicate what was tried in a machine, or why it is published without that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/json_fwd.h"
#include "patchset/dsse.h"
#include "patchset/patchset.h"

namespace suture {

/// Files beside the manifest.
inline constexpr std::string_view kQualificationName = "qualification.json";
inline constexpr std::string_view kOverrideName = "override.json";

enum class CheckOutcome : std::uint8_t {
  kPassed,
  kFailed,
  kReported,  ///< for a human to know; nothing is refused for it
};

struct QualificationCheck {
  std::string engine;  ///< that the patch was tried with: "klp"; older statements name none
  std::string step;
  std::string name;
  CheckOutcome outcome = CheckOutcome::kFailed;
  double seconds = 0;  ///< by the guest's clock
  std::string detail;  ///< what it printed, when it did not just pass; shortened
  bool operator==(const QualificationCheck&) const = default;
};

struct QualificationProbe {
  std::string name;
  std::string sha256;  ///< of its source
  bool operator==(const QualificationProbe&) const = default;
};

/// What was seen of a patchset in a machine that runs the kernel it is for.
struct Qualification {
  TargetId target;
  std::uint32_t level = 0;
  std::string tool;      ///< "suture 0.1.0"
  std::string machine;   ///< "QEMU emulator version 7.2.9, 2 processors, 768 MB"
  std::string finished;  ///< "2026-11-24T10:00:00Z"
  double seconds = 0;    ///< by the host's clock, boots included
  std::vector<QualificationCheck> checks;
  std::vector<std::string> failures;  ///< "ENGINE: …": why it is not qualified; empty: it is
  std::vector<QualificationProbe> probes;
  std::vector<std::string> ran;             ///< replaced functions that were called
  std::vector<std::string> never_ran;       ///< and the others
  std::map<std::string, std::string> logs;  ///< SHA-256 by name: "console"
  bool passed() const { return failures.empty(); }
  /// That its checks name, in their order.
  std::vector<std::string> engines() const;
  bool operator==(const Qualification&) const = default;
};

/// A publisher's decision to do without.
struct QualificationOverride {
  std::string reason;
  std::string time;
  bool operator==(const QualificationOverride&) const = default;
};

struct Statement {
  std::map<std::string, std::string> subjects;  ///< SHA-256 by file name
  std::variant<Qualification, QualificationOverride> predicate;
  bool operator==(const Statement&) const = default;
};

/// What a statement about this patchset is about; the manifest by the SHA-256 of its bytes.
std::map<std::string, std::string> subjects_of(const Patchset& patchset, const std::string& manifest_sha256);
/// Of one that is about its modules for these engines alone.
std::map<std::string, std::string> subjects_of(const Patchset& patchset, const std::string& manifest_sha256,
                                               const std::vector<std::string>& engines);
/// Engines that the patchset has a module for and the qualification does not speak of. One that names no
/// engine is of a time when the first module alone was tried.
std::vector<std::string> untried_engines(const Qualification& qualification, const Patchset& patchset);
/// Whether the statement is about this manifest and these modules, be it about all of them or not.
bool is_about(const Statement& statement, const Patchset& patchset, const std::string& manifest_sha256);

Json to_json(const Statement& statement);
/// "statement.schema" names the field that is wrong; "statement.unknown-kind" for another predicate.
Result<Statement> statement_from_json(const Json& json);

/// In an envelope, as it lies beside the patchset.
Result<std::string> sign_statement(const Statement& statement, const Ed25519Private& key);
Result<std::string> sign_statement(const Statement& statement, const Ed25519Public& key,
                                   const SignMessage& sign);

struct SignedStatement {
  Statement statement;
  /// Who of those asked for has signed it; nothing when none has.
  std::optional<Ed25519Public> signer;
  std::vector<std::string> claimed;  ///< who it says has signed it: keys in hexadecimal, not checked
};
/// Reads an envelope; nothing in it is to be believed without a signer.
Result<SignedStatement> read_statement(std::string_view text, std::span<const Ed25519Public> keys);

}  // namespace suture
