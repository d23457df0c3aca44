// SPDX-License-Identifier: Apache-2.0
//
// Whom the kernel lets mount a file system. mount(2) has its module loaded for all who are root in a user
// namespace (get_fs_type() in fs/namespace.c), and then refuses them (mount_capable() in fs/super.c), unless
// the file system says FS_USERNS_MOUNT of itself. Most of a file system's code is reached by mounting, so
// this decides.
#pragma once

#include <optional>
#include <string_view>

namespace suture {

/// By the text of a C file: whether its `struct file_system_type` of that name has the flag, or may get it.
/// Nothing when the file defines no such type.
std::optional<bool> is_mounted_in_user_namespace(std::string_view text, std::string_view name);

}  // namespace suture
