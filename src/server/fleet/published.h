// SPDX-License-Identifier: Apache-2.0
//
// Notes what the repository offers, and tells of each level that is new and of each that was withdrawn. What
// is there when a server looks for the first time is not news. Several servers may look; each level is told
// by one. Within a transaction of the caller's.
#pragma once

#include <string_view>

#include "database/database.h"
#include "server/fleet/targets.h"

namespace suture::server {

Result<void> note_published(sql::Database& database, const Targets& targets, std::string_view now);

}  // namespace suture::server
