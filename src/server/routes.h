// SPDX-License-Identifier: Apache-2.0
//
// Every route of the server, and what it takes to use it: the one table from which requests are dispatched
// and allowed. What is not in it is not there. docs/server-api.md shows the same table to people; a test
// compares them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/access/roles.h"

namespace suture::server {

struct Call;
struct Response;
using Handler = Response (*)(const Call&);

struct Route {
  std::string_view method;  ///< HEAD goes where GET does, but for a wait
  std::string_view path;    ///< "ID" stands for one segment, "PATH" for one or more
  Handler handler;
  std::optional<Scope> scope{};  ///< nothing: open to everybody, always
  unsigned nature = 0;           ///< of the following

  static constexpr unsigned kOfSession = 1;  ///< whoever is logged in, of any role; no API token
  static constexpr unsigned kSlow =
      2;  ///< takes long on purpose, or asks others: away from the database's thread

  bool of_session() const { return (nature & kOfSession) != 0; }
  bool slow() const { return (nature & kSlow) != 0; }
};

std::span<const Route> routes();
/// Whether HEAD goes there, too.
bool takes_head(const Route& route);

struct RouteMatch {
  const Route* route = nullptr;  ///< null: see `allowed`
  std::string id{};              ///< what stands for ID
  std::string allowed{};         ///< methods of the path; empty when nothing is there
};

RouteMatch find_route(std::string_view method, std::string_view path);

}  // namespace suture::server
