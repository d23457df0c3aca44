// SPDX-License-Identifier: Apache-2.0
//
// Tokens and the audit log as documents, for the API and for commands.
#pragma once

#include "base/json_fwd.h"
#include "server/access/access_store.h"

namespace suture::server {

Json to_json(const Token& token);
Json to_json(const AuditEntry& entry);

/// {"name": …, "role": …, "scopes": [...] or null, "expires_at": time or null}, from hands that are not
/// trusted. "token.schema", or what role_from_name() and scope_from_name() say.
Result<NewToken> parse_new_token(std::string_view text);

}  // namespace suture::server
