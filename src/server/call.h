// SPDX-License-Identifier: Apache-2.0
//
// One request that was let in, and what its handler works with. A handler is a function of a Call; routes.cc
// names it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "server/access/access.h"
#include "server/access/people.h"
#include "server/fleet/store.h"
#include "server/fleet/wake.h"
#include "server/fleet/wake_relay.h"
#include "server/wire/http.h"

namespace suture::server {

class KnowledgeBoard;

class Metrics;
class Rollouts;
struct WebPage;
struct Notifications;

/// The parts of the server, for all calls. What it refers to must outlive it.
struct Services {
  using Clock = std::function<Store::Time()>;

  Store& store;
  Access& access;
  People* people = nullptr;    ///< null: nobody logs in
  WakeBoard* board = nullptr;  ///< null: nobody waits, and nobody is called
  WakeRelay* relay = nullptr;  ///< null: no other server works on the database
  Clock clock = &std::chrono::system_clock::now;
  const WebPage* page = nullptr;              ///< null: none was built into this program
  bool require_host_keys = false;             ///< reports that are not signed (fleet/host_keys.h) are refused
  Metrics* metrics = nullptr;                 ///< null: there are none to be seen
  const KnowledgeBoard* knowledge = nullptr;  ///< null: there is neither a repository nor a verdict
  const Notifications* notifications = nullptr;  ///< null: nobody is told anything
  Rollouts* rollouts = nullptr;                  ///< null: nobody steers
};

struct Call {
  const Services& services;
  const Request& request;
  const Target& target;
  std::string id{};  ///< what stands for ID in the route's path
  Caller caller{};
  Store::Time now{};  ///< by the server's clock, when the call came in
};

/// 503 for a store that is away, 413 for a document that is too long, 409 for a name that is taken, 400 for
/// what the client did wrong.
Response response_for(const Error& error);
/// 200 with the document, or what response_for() says.
Response answer(const Result<Json>& json);
/// 404: nothing is at this path.
Response no_path();
/// For a body that must be a JSON document: 415, or nothing. `what` begins the message: "a report".
std::optional<Response> refuse_media_type(const Request& request, std::string_view what);

}  // namespace suture::server
