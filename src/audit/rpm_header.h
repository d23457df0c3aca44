// SPDX-License-Identifier: Apache-2.0
//
// A package as RPM's database keeps it: the package's header, of format 3 (rpm's
// docs/manual/format_header.md, lib/header.c). A list of tags leads into a heap of values; all numbers are
// big-endian. In a container the bytes are its owner's.
#pragma once

#include <functional>
#include <string_view>

#include "audit/package_list.h"
#include "base/file.h"

namespace suture {

/// "audit.rpm-header" for bytes that are none, and for one without a name or version.
Result<InstalledPackage> parse_rpm_header(ByteView bytes);

/// Each of its files, by the whole name. Entries that lead out of the header are passed over.
void for_each_rpm_file(ByteView header, const std::function<void(std::string_view path)>& visit);

/// Of "openssl-3.0.7-24.el9.src.rpm" the name, and its version and release.
void set_source_rpm(InstalledPackage& package, std::string_view file);

}  // namespace suture
