// SPDX-License-Identifier: Apache-2.0
//
// What the served repository offers, read from its signed metadata: as an agent would, but from the folder,
// and with trust in the root that lies there. The folder is this server's own; the signatures are checked so
// that the page never shows what agents would not take.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "repository/catalog.h"

namespace suture::server {

/// What is known of a vulnerability from one kernel's catalog.
struct CveFix {
  std::uint32_t level = 0;  ///< the lowest that closes it and was not withdrawn; 0: none
  bool fixed = false;       ///< the kernel's own source has the fix
  bool unaffected = false;  ///< the kernel has no such code
};

/// A kernel for which a channel has patchsets.
struct OfferedTarget {
  Catalog catalog{};
  std::map<std::string, CveFix> cves{};                     ///< of all levels
  std::map<std::uint32_t, std::set<std::string>> closed{};  ///< by level: what is closed with it applied

  std::uint32_t newest_level() const { return catalog.newest() == nullptr ? 0 : catalog.newest()->level; }
};

/// Build-id and channel.
using TargetKey = std::pair<std::string, std::string>;

struct Targets {
  std::map<TargetKey, OfferedTarget> offered{};
  Time expires{};  ///< when agents stop believing the repository unless it is renewed

  const OfferedTarget* find(const std::string& build_id, const std::string& channel) const;
};

OfferedTarget offered_target(Catalog catalog);

/// The reason codes are those of an agent that reads the repository; metadata that have expired are read.
Result<Targets> read_targets(const std::filesystem::path& repository);

}  // namespace suture::server
