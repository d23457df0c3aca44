// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/wake_api.h"

#include "base/json.h"

namespace suture::server {

Response show_word(const Call& call) {
  WakeBoard* board = call.services.board;
  if (board == nullptr) return no_path();
  const auto word = wake_word(call.target);
  return word ? wake_response(board->word(), WakeBoard::Reason::kState) : response_for(word.error());
}

Response call_all(const Call& call) {
  WakeBoard* board = call.services.board;
  if (board == nullptr) return no_path();
  const std::string who = call.caller.name;
  const auto recorded =
      call.services.access.store().record({who, "wake.call", "all hosts that wait", "ok"}, call.now);
  if (!recorded) return response_for(recorded.error());
  if (call.services.relay != nullptr) {
    if (const auto told = call.services.relay->tell(); !told) return response_for(told.error());
  }
  return json_response(202, {{"called", board->call_urgently()}});
}

}  // namespace suture::server
