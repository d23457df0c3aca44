// SPDX-License-Identifier: Apache-2.0
//
// What lies where in a repository.
//
//   metadata/7.root.json …             TUF metadata, consistent snapshots; only timestamp.json is replaced
//   targets/<target path's folder>/<sha256>.<file>
//                                      TUF targets: the catalogs, and the log's checkpoint
//   patchsets/<build-id>/<level, six digits>/<sha256>.<file>
//                                      what catalogs name: manifests, modules, statements
//   log/                               the transparency log (log_tiles.h)
//
// TUF roles: the top-level targets role delegates each channel and distribution to a role of its own,
// "stable~debian", which delegates to as many bins as the repository was made with, "stable~debian~3f", by
// the hash of the path; and the log to "log".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

/// A stream of patchsets for the kernels of one distribution.
struct Stream {
  std::string channel{};       ///< "stable"
  std::string distribution{};  ///< "debian", as ID in os-release(5)
  auto operator<=>(const Stream&) const = default;
};

inline constexpr std::uint32_t kHighestLevel = 999'999;
inline constexpr std::string_view kCatalogName = "catalog.json";
inline constexpr std::string_view kLogRole = "log";
inline constexpr std::string_view kCheckpointPath = "log/checkpoint";  ///< as a target
inline constexpr std::string_view kLogFolder = "log";                  ///< of its tiles

/// "repository.bad-channel", "repository.bad-distribution" for what cannot stand in a path or role's name.
Result<void> check_stream(const Stream& stream);
/// "repository.bad-level", "repository.malformed".
Result<void> check_payload_place(std::string_view build_id, std::uint32_t level, std::string_view file);

std::string stream_role(const Stream& stream);                            ///< "stable~debian"
std::string bin_role(const Stream& stream, unsigned bin, unsigned bins);  ///< "stable~debian~3f"
/// The stream of such a role, or of one of its bins.
Result<Stream> stream_of_role(std::string_view role);
/// All catalogs of a stream, as a delegation's pattern.
std::string stream_pattern(const Stream& stream);
/// The catalog's target path: "stable/debian/<build-id>/catalog.json".
std::string catalog_path(const Stream& stream, std::string_view build_id);

/// The file below the repository which holds a target.
std::string stored_path(std::string_view target_path, std::string_view sha256);
/// The file below the repository which holds a part of a patchset.
std::string payload_path(std::string_view build_id, std::uint32_t level, std::string_view sha256,
                         std::string_view file);
std::string level_text(std::uint32_t level);

}  // namespace suture
