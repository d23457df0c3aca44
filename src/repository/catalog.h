// SPDX-License-Identifier: Apache-2.0
//
// The catalog: all patchsets that a channel has for one kernel, a small TUF target which a host reads whole.
// It names the files of each by hash, so who has verified the catalog needs no other signature; and where
// each stands in the transparency log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "patchset/patchset.h"
#include "repository/layout.h"

namespace suture {

struct RemoteFile {
  std::string name{};    ///< "suture_7.ko"
  std::string sha256{};  ///< lower-case hexadecimal
  std::uint64_t length = 0;
  bool operator==(const RemoteFile&) const = default;
};

/// The channel's owner says: this level is bad, go back to the one before.
struct Withdrawal {
  std::string reason{};
  std::string time{};
  std::uint64_t log_index = 0;
  bool operator==(const Withdrawal&) const = default;
};

struct AvailablePatchset {
  Stream stream{};
  std::string build_id{};
  std::string release{};  ///< uname -r
  std::uint32_t level = 0;
  std::string published{};  ///< when it came into this channel: "2026-11-24T10:00:00Z"
  std::vector<std::string> cves{};
  std::string effective_version{};        ///< Patchset's; may be empty
  std::vector<std::string> fixed{};       ///< of these: the kernel's source has the fix (FixRecord)
  std::vector<std::string> unaffected{};  ///< of these: the kernel has no such code
  RemoteFile manifest{};
  RemoteFile module{};                     ///< the first of the manifest's: its hash stands for the patchset
  std::vector<RemoteFile> more_modules{};  ///< the other files of Patchset::files(), in that order
  std::optional<RemoteFile> statement{};   ///< who vouches for it: qualification.json or override.json
  std::uint64_t log_index = 0;             ///< of its publication
  std::optional<Withdrawal> withdrawn{};

  bool qualified() const;
  /// Below the repository.
  std::string stored(const RemoteFile& file) const {
    return payload_path(build_id, level, file.sha256, file.name);
  }
  std::vector<RemoteFile> files() const;
  std::uint64_t module_bytes() const;  ///< of all module files
  bool operator==(const AvailablePatchset&) const = default;
};

struct Catalog {
  Stream stream{};
  std::string build_id{};
  std::string release{};
  std::vector<AvailablePatchset> levels{};  ///< rising; levels are never used again

  /// What hosts are to have: the highest level that was not withdrawn.
  const AvailablePatchset* newest() const;
  const AvailablePatchset* find(std::uint32_t level) const;
  bool operator==(const Catalog&) const = default;
};

inline constexpr std::size_t kMostCatalog = 4u << 20;
inline constexpr std::size_t kMostModuleFiles = 2 * kMostPatchModules;  ///< each may bring its engine's

/// The same catalog gives the same bytes.
std::string catalog_text(const Catalog& catalog);
/// "catalog.schema" names what is wrong; it must be of just this stream and kernel.
Result<Catalog> parse_catalog(std::string_view text, const Stream& stream, std::string_view build_id);

/// What the transparency log holds of a publication or withdrawal: one line of canonical JSON.
std::string publication_entry(const AvailablePatchset& patchset);
std::string withdrawal_entry(const AvailablePatchset& patchset, const Withdrawal& withdrawal);

}  // namespace suture
