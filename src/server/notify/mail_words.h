// SPDX-License-Identifier: Apache-2.0
//
// What a mail says: in the subject which fleet, what and how much; in the text what happened, word for word
// as far as it fits, and what to do next.
#pragma once

#include <string>

#include "server/notify/message.h"

namespace suture::server {

/// "[prod] rollout 12 was halted, 10,000 hosts went silent"
std::string mail_subject(const Message& message);

/// `receiver`: the name under which an administrator finds who is told.
std::string mail_body(const Message& message, std::string_view receiver);

}  // namespace suture::server
