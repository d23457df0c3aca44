// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// The last entry that was written to the audit log. Without it, a log whose end was cut off looks like any
// other.
inline constexpr const char* kAuditEndSchema = R"sql(
  CREATE TABLE audit_end (
    one INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
  ) STRICT;
  INSERT INTO audit_end (one, number) SELECT 1, coalesce(max(number), 0) FROM audit_log;
)sql";

}  // namespace suture::server
