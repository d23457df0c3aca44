// SPDX-License-Identifier: Apache-2.0
//
// /etc/suture/agent.toml, as suture-agent.toml(5) describes it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/policy.h"
#include "base/error.h"
#include "engine/engine.h"
#include "fetch/http_fetcher.h"

namespace suture {

struct AgentConfig {
  std::string repository;  ///< URLs, with commas between them: https, http or file
  std::string channel = "stable";
  std::string distribution;              ///< whose kernels; empty: ID of os-release(5)
  std::string server;                    ///< URL that reports go to; empty: no reports
  std::filesystem::path server_token{};  ///< by which the server takes hosts that it does not know
  /// Of `server`: how far a rollout lets this host go. Not said: they count where it speaks TLS.
  std::optional<bool> rollouts{};
  std::string wake;    ///< URL of the server that may call for a check; empty: `server`; "off": none may
  bool checks = true;  ///< by the timer; else only when an administrator says so
  std::chrono::seconds interval = std::chrono::hours(4);
  InstallPolicy install{};
  std::vector<std::string> engines = {"klp", "stopmachine"};  ///< that may be used, in order of preference
  std::chrono::seconds transition_timeout{60};
  Stalled stalled = Stalled::kRevert;
  std::chrono::seconds download_timeout{600};
  std::uint64_t download_rate = 0;            ///< bytes a second; 0: as fast as it goes
  std::vector<std::string> before_install{};  ///< a command and its arguments (agent/hooks.h); none: empty
  std::vector<std::string> after_install{};
  std::vector<std::string> health_command{};
  std::chrono::seconds command_timeout{60};              ///< of each of them
  std::chrono::seconds health_window{300};               ///< 0: nothing is watched after an apply
  bool bad_sign_reverts = true;                          ///< else it is only reported
  std::chrono::seconds crash_window{600};                ///< 0: the crash guard is off
  std::filesystem::path root = "/etc/suture/root.json";  ///< the administrator's first trusted root metadata
  std::filesystem::path state = "/var/lib/suture";
  std::filesystem::path socket = "/run/suture/control.sock";
  std::string metrics{};                    ///< where Prometheus scrapes; empty: nowhere
  std::string proxy;                        ///< URL; empty: as the environment has it
  std::filesystem::path tls_ca{};           ///< certificates that servers are checked by; empty: the system's
  std::filesystem::path tls_certificate{};  ///< the client's own, and its key; readable by user _suture
  std::filesystem::path tls_key{};
  std::filesystem::path machine_id = "/etc/machine-id";  ///< no setting: elsewhere in tests only
  std::filesystem::path os_release = "/etc/os-release";  ///< the same
  std::filesystem::path kernel_log = "/dev/kmsg";        ///< the same
  std::filesystem::path host_root = "/";                 ///< the same: /proc/modules and modprobe's files

  /// The agent's own copies of patchsets.
  std::filesystem::path store() const { return state / "patchsets"; }
  /// For the unprivileged process to leave files in.
  std::filesystem::path spool() const { return state / "spool"; }
};

inline constexpr const char* kDefaultConfig = "/etc/suture/agent.toml";

/// A setting as it counts here.
struct Setting {
  std::string name{};
  std::string value{};    ///< as in the file; empty: the default, which suture-agent.toml(5) tells
  std::string origin{};   ///< "/etc/suture/agent.toml, line 3"; empty: the default
  std::string meaning{};  ///< a line for people
};

/// The file, and those of the folder beside it whose name is its with ".d" behind it (agent.toml.d/*.toml),
/// in the order of their names: the later one counts. "agent.config" names the key and the line. Unknown keys
/// are refused: a typing error must not turn a setting off silently.
Result<AgentConfig> read_config(const std::filesystem::path& path);
/// Every setting there is, and where its value is from.
Result<std::vector<Setting>> explain_config(const std::filesystem::path& path);
/// Writes it into the drop-in 90-set.toml, where `suture config set` keeps what it was told. Refused if what
/// came of it could not be read. An empty value takes it out again.
Result<void> set_in_config(const std::filesystem::path& path, const std::string& name,
                           const std::string& value);

Result<AgentConfig> parse_config(std::string_view text, std::string_view name);

/// The setting, or what the system calls itself. "agent.config" when it says nothing.
Result<std::string> distribution_of(const AgentConfig& config);
HttpOptions http_options(const AgentConfig& config);
/// The repository's servers, in the order in which they are asked.
std::vector<std::string> repository_servers(const AgentConfig& config);
/// Whether the server's plans count here (patchset/plan.h). None does that came over a connection which
/// others may have changed: it could take every patch out.
bool follows_rollouts(const AgentConfig& config);
/// Whom to wait for (agent/wake.h); empty: nobody.
std::string wake_server(const AgentConfig& config);

}  // namespace suture
