// SPDX-License-Identifier: Apache-2.0
#include "audit/unit_name.h"

#include <algorithm>
#include <vector>

namespace suture {
namespace {

constexpr std::size_t kShownId = 12;  // as docker ps and podman ps show it

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end != 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// The group's path of the line that systemd cares for.
std::string_view path_of(std::string_view cgroup) {
  std::string_view unified;
  for (const std::string_view line : split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers == "name=systemd") return line.substr(second + 1);
    if (controllers.empty()) unified = line.substr(second + 1);
  }
  return unified;
}

/// The 64 digits in "docker-….scope", "libpod-….scope", "cri-containerd-….scope", or alone.
std::string_view container_id(std::string_view part) {
  if (part.ends_with(".scope")) part.remove_suffix(6);
  if (const std::size_t dash = part.rfind('-'); dash != part.npos) part.remove_prefix(dash + 1);
  const bool id = part.size() == 64 && part.find_first_not_of("0123456789abcdef") == part.npos;
  return id ? part : std::string_view{};
}

std::string user_of(const std::vector<std::string_view>& parts) {
  for (std::string_view part : parts) {
    if (!part.starts_with("user-") || !part.ends_with(".slice")) continue;
    part.remove_prefix(5);
    part.remove_suffix(6);
    return std::string(part);
  }
  return "";
}

}  // namespace

ProcessOwner owner_of_control_group(std::string_view cgroup) {
  using Kind = ProcessOwner::Kind;
  const auto parts = split(path_of(cgroup), '/');
  for (const std::string_view part : parts) {
    if (const auto id = container_id(part); !id.empty())
      return {.kind = Kind::kContainer, .name = std::string(id.substr(0, kShownId))};
    // LXC and Incus
    if (part.starts_with("lxc.payload."))
      return {.kind = Kind::kContainer, .name = std::string(part.substr(12))};
  }
  if (parts.empty()) return {};
  if (parts.front() == "init.scope") return {.kind = Kind::kManager, .name = "systemd"};
  const std::string user = user_of(parts);
  // The innermost unit, but a user's manager is itself a service, which its own units are below.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const std::string name(*part);
    if (part->ends_with(".service")) {
      const bool own = !user.empty() && !part->starts_with("user@");
      return {.kind = own ? Kind::kUserService : Kind::kService, .name = name, .user = user};
    }
    if (part->ends_with(".scope") && part->starts_with("session-"))
      return {.kind = Kind::kSession, .name = name, .user = user};
  }
  return {};
}

std::string_view name_of(ProcessOwner::Kind kind) {
  switch (kind) {
    case ProcessOwner::Kind::kNone:
      return "process";
    case ProcessOwner::Kind::kManager:
      return "manager";
    case ProcessOwner::Kind::kService:
      return "service";
    case ProcessOwner::Kind::kUserService:
      return "user-service";
    case ProcessOwner::Kind::kSession:
      return "session";
    case ProcessOwner::Kind::kContainer:
      return "container";
  }
  return "process";
}

}  // namespace suture
