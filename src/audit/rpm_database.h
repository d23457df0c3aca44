// SPDX-License-Identifier: Apache-2.0
//
// The packages in RPM's database, as files that are read and never written, and without rpm itself: an image
// may be of another distribution, whose rpm keeps its database in another form than the one here, and the
// database of a container is its owner's.
//
//   rpmdb.sqlite  a table with a header a row              Fedora, and Red Hat and its like from 9 on
//   Packages.db   slots that lead to headers ("ndb")       SUSE and openSUSE
//   Packages      a hash table of Berkeley's               Red Hat and its like up to 8; with rpm(8) alone
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "audit/root_folder.h"
#include "base/file.h"

namespace suture {

enum class RpmForm : std::uint8_t { kSqlite, kNdb, kBerkeley };

struct RpmDatabaseFile {
  RpmForm form = RpmForm::kSqlite;
  std::string path{};
};

/// Nothing where there is none.
std::optional<RpmDatabaseFile> find_rpm_database(const RootFolder& root);

/// Calls `visit` with each package's header. "audit.packages" for a file that is no such database.
Result<void> for_each_rpm_header(const RootFolder& root, const RpmDatabaseFile& file,
                                 const std::function<void(ByteView header)>& visit);

/// As for_each_rpm_header(), of the bytes of Packages.db. Slots that lead out of it are passed over.
Result<void> for_each_ndb_header(ByteView database, const std::function<void(ByteView header)>& visit);

}  // namespace suture
