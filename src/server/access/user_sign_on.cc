// SPDX-License-Identifier: Apache-2.0
//
// The part of the users' store for those whom an identity provider knows. They are known again by the
// provider's own name for them, which never changes; what they are called here is for people.
#include <fmt/format.h>

#include "base/hash.h"
#include "server/access/audit_log.h"
#include "server/access/user_store.h"

namespace suture::server {

/// The name that the provider gives, if it makes one here and nobody has it, else one made from it.
Result<std::string> UserStore::free_name(std::string_view name, const std::string& subject) {
  const std::string mark = sha256_hex(as_bytes(subject)).substr(0, 8);
  const bool usable = is_user_name(name) && name.size() + mark.size() < 64;
  if (!usable) return "user-" + mark;
  if (!TRY(one("name = ?1", 0, name))) return std::string(name);
  return fmt::format("{}-{}", name, mark);
}

Result<User> UserStore::sign_on(const std::string& subject, std::string_view name, Role role,
                                std::string_view client, Time now) {
  const std::string provider = "identity provider";
  const auto known = [&]() -> Result<std::optional<Credentials>> {
    const std::lock_guard lock(*turn_);
    return one("subject = ?1", 0, subject);
  };
  auto found = TRY(known());
  if (!found) {
    const std::string free = TRY([&]() -> Result<std::string> {
      const std::lock_guard lock(*turn_);
      return free_name(name, subject);
    }());
    TRY(add({.name = free, .role = role, .subject = subject}, provider, now));
    found = TRY(known());
  }
  if (!found) return fail("store.unavailable", "log somebody in", "the user is not there");
  if (found->user.disabled()) {
    return fail("oidc.disabled", "log " + found->user.name + " in", "the user is disabled here");
  }
  if (found->user.role != role) {
    TRY(change(found->user.id, {.role = role}, provider, now));
    found->user.role = role;
  }
  TRY(note_login(found->user.id, client, now));
  return found->user;
}

}  // namespace suture::server
