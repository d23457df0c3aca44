// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "agent/system_calls.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr uid_t kNobody = 65534;
constexpr rlim_t kMemoryLimit = 1u << 30;

// gcc says so with a macro, clang with a feature.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kAddressSanitizer = false;
#endif

constexpr const char* kWhat = "give up privileges before handling remote data";

// linux/landlock.h of later versions; those of Debian 12 end at the second.
constexpr std::uint64_t kTruncate = 1u << 14;
constexpr int kFirstWithTruncate = 3;
/// The first one forbids every rename from one folder to another.
constexpr int kFirstUsed = 2;

Result<void> become(const Unprivileged& user) {
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
                           ::setresuid(user.uid, user.uid, user.uid) != 0)) {
    return fail_errno("agent.privileges", kWhat);
  }
  // The change of user took them, unless somebody had asked to keep them.
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<struct __user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail_errno("agent.privileges", kWhat);
  }
  // Only now: a change of user clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return {};
}

Result<void> set_limits() {
  const struct rlimit memory = {kMemoryLimit, kMemoryLimit};
  const struct rlimit none = {0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return fail_errno("agent.privileges", kWhat);
  // The address sanitizer's shadow memory is larger than any limit.
  if (!kAddressSanitizer && ::setrlimit(RLIMIT_AS, &memory) != 0) {
    return fail_errno("agent.privileges", kWhat);
  }
  return {};
}

Result<void> allow_beneath(int rules, const fs::path& folder, std::uint64_t rights) {
  const int fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("agent.sandbox", "let " + folder.string() + " be written");
  const struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
  const long added = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  const auto refused = fail_errno("agent.sandbox", "let " + folder.string() + " be written");
  ::close(fd);
  if (added != 0) return refused;
  return {};
}

/// Reading stays a matter of modes: certificates, resolver and name services read all over the system.
Result<void> restrict_files(const std::vector<fs::path>& writable) {
  const int version = landlock_version();
  if (version < kFirstUsed) return {};
  std::uint64_t rights =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
  std::uint64_t granted = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                          LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;
  if (version >= kFirstWithTruncate) {
    rights |= kTruncate;
    granted |= kTruncate;
  }
  const struct landlock_ruleset_attr all = {.handled_access_fs = rights};
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  if (rules < 0) return fail_errno("agent.sandbox", kWhat);
  Result<void> done;
  for (const fs::path& folder : writable) {
    if (done) done = allow_beneath(rules, folder, granted);
  }
  if (done && ::syscall(SYS_landlock_restrict_self, rules, 0) != 0) done = fail_errno("agent.sandbox", kWhat);
  ::close(rules);
  return done;
}

}  // namespace

/// Not through getpwnam(3): a name service is a library more in a process that is root, and may ask a
/// network.
Unprivileged Unprivileged::find() {
  if (::geteuid() != 0) return {::geteuid(), ::getegid()};
  Unprivileged found{kNobody, kNobody};
  std::FILE* const file = std::fopen("/etc/passwd", "re");
  if (file == nullptr) return found;
  while (const struct passwd* user = ::fgetpwent(file)) {
    if (std::string_view(user->pw_name) != "_suture" || user->pw_uid == 0) continue;
    found = {user->pw_uid, user->pw_gid};
    break;
  }
  std::fclose(file);
  return found;
}

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

void close_inherited(int kept) {
  // The folder's own descriptor is among them, so they are closed once all are known.
  std::vector<int> open;
  std::error_code error;
  for (fs::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    int fd = 0;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd > STDERR_FILENO && fd != kept) open.push_back(fd);
  }
  std::ranges::for_each(open, [](int fd) { ::close(fd); });
}

Result<void> enter_sandbox(const Unprivileged& user, const std::vector<fs::path>& writable) {
  TRY(become(user));
  TRY(set_limits());
  TRY(restrict_files(writable));
  return allow_only_known_calls();
}

}  // namespace suture
