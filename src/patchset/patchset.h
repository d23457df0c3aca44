// SPDX-License-Identifier: Apache-2.0
//
// The manifest of a patchset: what a module replaces, for which kernel, and on what evidence. It travels
// beside the module as `patchset.json`; builder, repository, agent and server all speak of patchsets
// through this type.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json_fwd.h"
#include "patchset/risk_fact.h"

namespace suture {

/// One exact kernel build. The build-id is the identity; the rest is for people.
struct TargetId {
  std::string distribution;  ///< "debian"
  std::string release;       ///< uname -r: "6.1.0-47-cloud-amd64"
  std::string version;       ///< the distribution's package version: "6.1.170-3"
  std::string architecture;  ///< uname -m: "x86_64"
  std::string build_id;      ///< GNU build-id of vmlinux, lower-case hexadecimal (40 digits for SHA-1)
  bool operator==(const TargetId&) const = default;
};

struct FixRecord {
  std::string name;               ///< file name without ".patch"
  std::string sha256;             ///< of the diff's bytes
  std::vector<std::string> cves;  ///< CVE ids that it closes; may be empty
  /// What its author declared: variables whose value is written into the running kernel; types whose layout
  /// may change ("struct NAME"). Manifests without them have none.
  std::vector<std::string> updated_data{};
  std::vector<std::string> accepted_layouts{};
  /// Why this kernel does not need it, so that the patchset does nothing for it: its source has the fix, or
  /// lacks the code. Empty: the patchset holds it.
  std::string not_affected{};
  bool already_fixed = false;  ///< of these, for programs: its source has the fix
  bool operator==(const FixRecord&) const = default;
};

struct ReplacedFunction {
  std::string name;
  /// Which of several symbols of one name, counted from 1 in address order; 0: the name is unique.
  /// As klp_func.old_sympos (include/linux/livepatch.h).
  std::uint32_t sympos = 0;
  std::uint64_t old_size = 0;  ///< bytes in the image
  std::uint64_t new_size = 0;
  /// The module's exit function, which ftrace cannot redirect: the module's pointer to it is exchanged.
  bool module_exit = false;
  bool operator==(const ReplacedFunction&) const = default;
};

/// What the image check saw in one unit: every function as compiled from the unpatched source against the
/// bytes that are shipped.
struct UnitEvidence {
  std::string unit;  ///< "net/core/sock.c"
  std::uint32_t functions_compared = 0;
  std::uint32_t functions_equal = 0;   ///< equal outside relocated bytes, and relocations agree
  std::vector<std::string> different;  ///< names of the rest; never one that is replaced
  bool operator==(const UnitEvidence&) const = default;
};

struct PatchedObject {
  std::string name;  ///< "vmlinux", or a module as in /proc/modules: "vsock"
  std::vector<ReplacedFunction> functions;
  std::vector<UnitEvidence> evidence;
  bool operator==(const PatchedObject&) const = default;
};

/// A file beside the manifest.
struct ModuleFile {
  std::string file;    ///< its name: "suture_1.ko"
  std::string sha256;  ///< with the signature behind it if there is one
  std::uint64_t size = 0;
  bool operator==(const ModuleFile&) const = default;
};

/// The module that an engine of our own is in the kernel.
struct EngineModule {
  std::string file;  ///< "suture.ko"
  std::string sha256;
  std::uint64_t size = 0;
  std::uint32_t abi = 0;  ///< what it and its patch modules know of each other (kmod/suture_patch.h)
  bool operator==(const EngineModule&) const = default;
};

/// What one engine loads to bring the patchset into the kernel.
struct PatchModule {
  std::string engine;  ///< "klp", "stopmachine"
  std::string name;    ///< as in /proc/modules: "suture_1", "suture_stop_1"
  std::string file;    ///< beside the manifest: "suture_1.ko"
  std::string sha256;
  std::uint64_t size = 0;
  std::optional<EngineModule> engine_module{};
  bool operator==(const PatchModule&) const = default;
};

/// Who signed the modules for the kernel, which has the certificate in a keyring (module/signature.h).
struct ModuleSigner {
  std::string subject;             ///< of the certificate: "CN = Example module key"
  std::string certificate_sha256;  ///< of its DER form
  std::string hash;                ///< that the signature is of: "sha256"
  bool operator==(const ModuleSigner&) const = default;
};

struct Patchset {
  TargetId target;
  /// The version of the distribution's package that has no fix which this patchset lacks: "6.1.176-1". For
  /// scanners, which know versions only. Its builder says so; empty: nobody does.
  std::string effective_version{};
  std::uint32_t level = 0;  ///< from 1; a higher level replaces any lower one
  /// The same patch for one engine each; at least one. The first one's hash stands for the patchset wherever
  /// one hash does.
  std::vector<PatchModule> modules;
  std::optional<ModuleSigner> module_signer{};  ///< of all of them; older manifests have none
  std::vector<FixRecord> fixes;
  std::vector<PatchedObject> objects;
  std::vector<RiskFact> risks;  ///< older manifests have none
  std::string tool;             ///< "suture 0.1.0"

  const PatchModule& module() const { return modules.front(); }
  /// Whether one of them is called so in the kernel.
  bool has_module(std::string_view name) const;
  /// Nothing when the patchset has none for that engine.
  const PatchModule* module_for(std::string_view engine) const;
  /// All files that belong to it, the first module's first.
  std::vector<ModuleFile> files() const;
  /// CVE ids of all fixes, sorted, each once.
  std::vector<std::string> cves() const;
  /// Of these, the ones that the kernel needs no patch for, as its source has all their fixes or lacks the
  /// code: with the reason.
  std::map<std::string, std::string> fixed_cves() const;
  std::map<std::string, std::string> unaffected_cves() const;
  bool operator==(const Patchset&) const = default;
};

inline constexpr std::string_view kManifestName = "patchset.json";
inline constexpr std::string_view kKlpEngine = "klp";                  ///< the kernel's livepatch
inline constexpr std::string_view kStopMachineEngine = "stopmachine";  ///< Suture's own
inline constexpr std::size_t kMostPatchModules = 8;
inline constexpr std::uint64_t kLargestModule = 1u << 30;  ///< and all files of a patchset together

/// The bytes of Patchset::files(), by name.
using PatchsetFiles = std::map<std::string, Bytes>;

/// The first file that is not there, or is not the one that the manifest names; nothing when all are.
std::optional<ModuleFile> differing_file(const Patchset& patchset, const PatchsetFiles& files);
/// Reads each of them from the folder that holds the manifest. They may be others than the manifest's.
Result<PatchsetFiles> read_files(const Patchset& patchset, const std::filesystem::path& folder);

/// As deb-version(7) and rpm-version(7) have them: "6.1.176-1", "5.14.0-427.16.1.el9_4".
bool is_package_version(std::string_view text);

Json to_json(const Patchset& patchset);
/// Checks every field; "patchset.schema" names the one that is wrong. File names are plain ones that end in
/// ".ko", each there once. Reads manifests of format 1 too, which have one module.
Result<Patchset> patchset_from_json(const Json& json);
Result<Patchset> parse_patchset(std::string_view text);

Json to_json(const RiskFact& risk);
Json to_json(const TargetId& target);
Result<TargetId> target_id_from_json(const Json& json);

}  // namespace suture
