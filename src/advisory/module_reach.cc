// SPDX-License-Identifier: Apache-2.0
#include "advisory/module_reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "advisory/module_alias.h"

namespace suture {
namespace {

constexpr std::string_view kFileSystem = "fs-";

std::string_view who(Reach reach) {
  switch (reach) {
    case Reach::kAnybody:
      return "anybody can have it loaded";
    case Reach::kUserNamespace:
      return "whoever may make a user namespace can have it loaded";
    case Reach::kHardware:
      return "it is loaded where its hardware is";
    case Reach::kAlways:
      return "built into the kernel";
    case Reach::kNobody:
      return "it is not loaded for anybody";
    case Reach::kRoot:
      break;
  }
  return "only root can have it loaded";
}

bool is_in(const std::vector<std::string>& sorted, std::string_view name) {
  return std::ranges::binary_search(sorted, name, std::less<std::string_view>());
}

/// The strongest way to a module.
struct Way {
  Reach reach = Reach::kRoot;
  std::string_view how{};  ///< empty: none is known, but root needs none
  std::string name{};      ///< alias or module
};

std::string text_of(const Way& way, std::string_view with) {
  if (way.how.empty())
    return "it has no name that the kernel asks for: root loads it, or a driver that knows it";
  std::string text(who(way.reach));
  if (!with.empty()) text += fmt::format(", with {}", with);
  return text + fmt::format(": {} ({})", way.how, way.name);
}

/// Since 6.9 net/sched asks by aliases of its own, and no longer by the module's name.
bool is_asked_by_name(const ModuleFacts& module) {
  return std::ranges::none_of(module.aliases, [](const std::string& alias) {
    return alias.starts_with("net-sch-") || alias.starts_with("net-cls-") || alias.starts_with("net-act-");
  });
}

Way way_to(const ModuleFacts& module, const HostModules* host, const ModuleReach::Mountable& mountable) {
  Way best;
  const auto take = [&](Reach reach, std::string_view how, std::string_view name) {
    if (host != nullptr && reach == Reach::kUserNamespace && !host->user_namespaces) reach = Reach::kRoot;
    if (!best.how.empty() && reach <= best.reach) return;
    best = {.reach = reach, .how = how, .name = std::string(name)};
  };
  if (const auto asked = asked_by_name(module.name); asked && is_asked_by_name(module))
    take(asked->reach, asked->how, module.name);
  if (host != nullptr && is_in(host->blacklisted, module.name)) return best;
  for (const std::string& alias : module.aliases) {
    if (host != nullptr && is_in(host->blocked, plain_module(alias))) continue;
    const auto asked = asked_by_alias(alias);
    if (!asked) continue;
    const bool by_all = alias.starts_with(kFileSystem) && mountable &&
                        mountable(module, std::string_view(alias).substr(kFileSystem.size()));
    take(by_all ? Reach::kUserNamespace : asked->reach, asked->how, alias);
  }
  return best;
}

}  // namespace

ModuleReach::ModuleReach(std::vector<ModuleFacts> modules, Mountable mountable)
    : mountable_(std::move(mountable)) {
  std::map<std::string, std::string, std::less<>> by_alias;
  for (const ModuleFacts& module : modules) {
    for (const std::string& alias : module.aliases) by_alias.emplace(plain_module(alias), module.name);
  }
  for (ModuleFacts& module : modules) {
    for (const std::string& needed : module.depends) needed_by_[needed].push_back(module.name);
    for (const std::string& brought : module.brings) {
      const std::string name = plain_module(brought);
      const auto alias = by_alias.find(name);
      needed_by_[alias == by_alias.end() ? name : alias->second].push_back(module.name);
    }
    std::string name = module.name;
    modules_.emplace(std::move(name), std::move(module));
  }
}

ReachedBy ModuleReach::of(const std::string& module) const {
  return best_of(module, nullptr);
}

ReachedBy ModuleReach::of(const std::string& module, const HostModules& host) const {
  if (module == "vmlinux") return best_of(module, nullptr);
  if (!host.loading) return {.reach = Reach::kNobody, .text = "kernel.modules_disabled is on"};
  if (const std::string blocked = blocked_in(module, host); !blocked.empty()) {
    return {.reach = Reach::kNobody,
            .text = blocked == module
                        ? "modprobe's configuration blocks it"
                        : fmt::format("modprobe's configuration blocks {}, which it needs", blocked)};
  }
  return best_of(module, &host);
}

/// Whether a host's kernel may not load a module at all.
std::string ModuleReach::blocked_in(const std::string& module, const HostModules& host) const {
  std::set<std::string, std::less<>> seen{module};
  std::deque<std::string> next{module};
  for (; !next.empty(); next.pop_front()) {
    if (is_in(host.blocked, next.front())) return next.front();
    const auto facts = modules_.find(next.front());
    if (facts == modules_.end()) continue;
    for (const std::string& needed : facts->second.depends) {
      // One that is loaded already need not be loaded again.
      if (!is_in(host.loaded, needed) && seen.insert(needed).second) next.push_back(needed);
    }
  }
  return {};
}

/// Outwards from the module: of equal reach, the one that is nearest counts.
ReachedBy ModuleReach::best_of(const std::string& module, const HostModules* host) const {
  if (module == "vmlinux") return {.reach = Reach::kAlways, .text = std::string(who(Reach::kAlways))};
  Way best;
  std::string_view with;
  std::set<std::string, std::less<>> seen{module};
  std::deque<std::string> next{module};
  for (; !next.empty(); next.pop_front()) {
    const auto facts = modules_.find(next.front());
    if (facts == modules_.end()) continue;
    const bool itself = facts->first == module;
    if (Way way = way_to(facts->second, host, mountable_); itself || way.reach > best.reach) {
      best = std::move(way);
      with = itself ? std::string_view() : facts->first;
    }
    const auto dependants = needed_by_.find(facts->first);
    if (dependants == needed_by_.end()) continue;
    for (const std::string& dependant : dependants->second) {
      if (host != nullptr && !blocked_in(dependant, *host).empty()) continue;
      if (seen.insert(dependant).second) next.push_back(dependant);
    }
  }
  return {.reach = best.reach, .text = text_of(best, with)};
}

}  // namespace suture
