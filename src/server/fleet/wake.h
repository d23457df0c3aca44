// SPDX-License-Identifier: Apache-2.0
//
// How the server asks hosts for a check: each host holds one request open, which is answered when there is a
// reason. The reasons are a repository that changed, and an operator's urgent call.
//
// What a host knows is a word made of timestamp.json alone. So a server that was restarted, or another one
// with the same repository, calls nobody without need; and a host that was away meanwhile is answered at
// once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/wire/http.h"

namespace suture::server {

class WakeBoard {
 public:
  enum class Reason { kState, kChanged, kUrgent };
  using Call = std::function<void(Reason)>;
  using Place = std::list<Call>::iterator;
  struct Full {};

  /// `timestamp`: the repository's metadata/timestamp.json, which need not be there. At most `most` wait.
  WakeBoard(std::filesystem::path timestamp, std::uint32_t most);

  /// What a host is to hand in as `after` the next time.
  std::string word() const;

  /// A reason to answer at once, or a place to wait in, until leave(). `call` comes once, from any thread,
  /// and must not call back into the board.
  std::variant<Reason, Place, Full> enter(std::string_view after, Call call);
  void leave(Place place);

  /// Looks whether the repository has changed, and calls if so. Cheap while it has not.
  void look();

  /// Calls all that wait, and says how many.
  std::size_t call_urgently();

  std::size_t waiting() const;

 private:
  std::string read_word() const;
  void call_all(Reason reason);

  std::filesystem::path timestamp_;
  std::uint32_t most_;
  mutable std::mutex mutex_;
  std::string seen_{};  ///< what the file system says of the file
  std::string word_;
  std::list<Call> waiting_;
};

/// The answer to one that waited: what the next request is to say, and why it was answered.
Response wake_response(std::string_view word, WakeBoard::Reason reason);

/// The word of a request, or nothing for one that has none. "request.parameter" for anything else.
Result<std::string> wake_word(const Target& target);

}  // namespace suture::server
