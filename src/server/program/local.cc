// SPDX-License-Identifier: Apache-2.0
#include "local.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace suture::server {

Result<void> give_to_owner_of_folder(const std::filesystem::path& file) {
  struct stat folder {};
  const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (::geteuid() != 0) return {};
  if (::stat(parent.c_str(), &folder) != 0)
    return fail_errno("access.database", "look at " + parent.string());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string name = file.string() + suffix;
    if (::lchown(name.c_str(), folder.st_uid, folder.st_gid) != 0 && errno != ENOENT) {
      return fail_errno("access.database", "give " + name + " to the server");
    }
  }
  return {};
}

std::string local_user() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t user = ::getuid();
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return fmt::format("local {}", found->pw_name);
  }
  return fmt::format("local user {}", user);
}

Result<void> make_database(const FleetDatabase& database) {
  if (database.is_shared() || std::filesystem::exists(database.file())) return {};
  ::umask(0077);
  const auto store = TRY(AccessStore::open(database));
  return give_to_owner_of_folder(database.file());
}

Result<void> need_database(const FleetDatabase& database) {
  if (database.is_shared() || std::filesystem::exists(database.file())) return {};
  return fail("access.database", "open the database " + database.text(), "there is no such file",
              "name it with --database");
}

}  // namespace suture::server
