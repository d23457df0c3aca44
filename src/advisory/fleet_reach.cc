// SPDX-License-Identifier: Apache-2.0
#include "advisory/fleet_reach.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace suture {
namespace {

bool is_unprivileged(Reach reach) {
  return reach == Reach::kUserNamespace || reach == Reach::kAnybody;
}

std::string counts_in_words(const ObjectReach& object) {
  std::vector<std::string> parts = {fmt::format("loaded on {} of {} hosts", object.loaded, object.hosts)};
  if (object.unprivileged > 0)
    parts.push_back(
        fmt::format("on {} more users without privileges can have it loaded", object.unprivileged));
  if (object.blocked > 0) parts.push_back(fmt::format("blocked on {}", object.blocked));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

FleetReach::FleetReach(std::shared_ptr<const ModuleReach> reach, std::vector<HostModules> hosts)
    : reach_(std::move(reach)), hosts_(std::move(hosts)) {}

const ObjectReach& FleetReach::of(const std::string& object) const {
  const auto known = known_.find(object);
  return known != known_.end() ? known->second : known_.emplace(object, ask(object)).first->second;
}

ObjectReach FleetReach::ask(const std::string& object) const {
  const ReachedBy reached = reach_->of(object);
  ObjectReach result{
      .object = object, .reach = reached.reach, .text = reached.text, .hosts = hosts_.size(), .on_hosts = {}};
  if (reached.reach == Reach::kAlways) {
    result.loaded = hosts_.size();
    return result;
  }
  for (const HostModules& host : hosts_) {
    if (std::ranges::binary_search(host.loaded, object)) {
      ++result.loaded;
      result.on_hosts = "the host has it loaded";
      continue;
    }
    const ReachedBy here = reach_->of(object, host);
    if (is_unprivileged(here.reach)) ++result.unprivileged;
    if (here.reach == Reach::kNobody) ++result.blocked;
    result.on_hosts = "the host has not loaded it: " + here.text;
  }
  if (hosts_.size() > 1) result.on_hosts = counts_in_words(result);
  return result;
}

void add_reach(Finding& finding, const TargetFacts& target, const FleetReach& fleet) {
  std::set<std::string> objects;
  for (const CodePlace& place : finding.places) objects.insert(place.object);
  const bool is_open =
      finding.standing == Standing::kAffected || finding.standing == Standing::kUnderInvestigation;
  if (objects.empty() && is_open && target.objects_of) {
    std::set<std::string> files;
    for (const Evidence& one : finding.evidence) {
      if (one.by.empty() && !one.file.empty()) files.insert(one.file);
    }
    for (const std::string& file : files) {
      const auto in = target.objects_of(file);
      if (in) objects.insert(in->begin(), in->end());
    }
  }
  finding.reach.clear();
  for (const std::string& object : objects) {
    if (!object.empty()) finding.reach.push_back(fleet.of(object));
  }
}

}  // namespace suture
