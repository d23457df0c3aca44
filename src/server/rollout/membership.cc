// SPDX-License-Identifier: Apache-2.0
//
// Who belongs to the groups and has the tags that waves name, as it is asked for each report: out of memory.
#include <unordered_set>

#include "server/rollout/rollout_store.h"

namespace suture::server {

Result<Membership> RolloutStore::membership(const ByText<Governed>& channels) {
  using Members = std::unordered_set<std::string, TextHash, std::equal_to<>>;
  struct Known {
    ByText<Members> groups;
    ByText<Members> tags;
  };
  const auto known = std::make_shared<Known>();
  const std::lock_guard lock(*turn_);
  const auto read = [&](ByText<Members>& into, const std::string& name, const char* sql) -> Result<void> {
    if (name.empty() || into.contains(name)) return {};
    auto row = TRY(database_.prepare(sql));
    row.bind(1, name);
    Members& members = into[name];
    while (TRY(row.step())) members.insert(row.text(0));
    return {};
  };
  for (const auto& [name, governed] : channels) {
    for (const OpenRollout& open : governed.open) {
      for (const Wave& wave : open.rollout.course.waves) {
        TRY(read(known->groups, wave.hosts.group, "SELECT host_id FROM group_hosts WHERE name = ?1"));
        TRY(read(known->tags, wave.hosts.tag, "SELECT host_id FROM host_tags WHERE tag = ?1"));
      }
    }
  }
  return [known](const Selector& selector, std::string_view host_id) {
    const auto has = [&](const ByText<Members>& all, const std::string& name) {
      if (name.empty()) return true;
      const auto found = all.find(name);
      return found != all.end() && found->second.contains(host_id);
    };
    return has(known->groups, selector.group) && has(known->tags, selector.tag);
  };
}

}  // namespace suture::server
