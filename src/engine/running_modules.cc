// SPDX-License-Identifier: Apache-2.0
#include "engine/running_modules.h"

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "engine/modprobe_config.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmall = 64u << 10;
constexpr std::size_t kLargestList = 4u << 20;

/// Of a file below /proc; nothing where the kernel has none.
Result<std::optional<std::string>> text_of(const fs::path& path, std::size_t limit) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return std::nullopt;
  return TRY(read_text_file(path, limit));
}

Result<std::optional<std::string>> value_of(const fs::path& path) {
  const std::optional<std::string> text = TRY(text_of(path, kSmall));
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

/// "vsock 61440 2 vsock_diag,vsock_loopback, Live 0x0000000000000000": each line begins with its name.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view name = line.substr(0, line.find(' '));
    if (is_plain_module(name)) names.emplace_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

/// Debian and Ubuntu can keep them from users (kernel.unprivileged_userns_clone), any kernel can have none
/// (user.max_user_namespaces), and Ubuntu's AppArmor takes the capabilities away again.
Result<bool> has_user_namespaces(const fs::path& proc) {
  const auto most = TRY(value_of(proc / "sys/user/max_user_namespaces"));
  if (!most || *most == "0") return false;
  if (TRY(value_of(proc / "sys/kernel/unprivileged_userns_clone")) == "0") return false;
  const auto restricted = TRY(value_of(proc / "sys/kernel/apparmor_restrict_unprivileged_userns"));
  return !restricted || *restricted == "0";
}

}  // namespace

Result<HostModules> read_host_modules(const fs::path& root) {
  const fs::path proc = root / "proc";
  HostModules modules;
  const auto list = TRY(text_of(proc / "modules", kLargestList));
  modules.loading = list && TRY(value_of(proc / "sys/kernel/modules_disabled")) != "1";
  if (list) modules.loaded = names_in(*list);
  ModprobeConfig config = TRY(read_modprobe_config(root));
  if (const auto line = TRY(text_of(proc / "cmdline", kSmall))) read_kernel_command_line(*line, config);
  modules.blocked.assign(config.blocked.begin(), config.blocked.end());
  modules.blacklisted.assign(config.blacklisted.begin(), config.blacklisted.end());
  modules.user_namespaces = TRY(has_user_namespaces(proc));
  for (const auto* names : {&modules.loaded, &modules.blocked, &modules.blacklisted}) {
    if (names->size() > kMostModules)
      return fail("engine.modules", "list the kernel modules of this host", "there are more than 1024");
  }
  return modules;
}

}  // namespace suture
