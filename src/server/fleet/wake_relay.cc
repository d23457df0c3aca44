// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/wake_relay.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <random>

#include "postgresql/notice.h"

namespace suture::server {
namespace {

constexpr const char* kChannel = "suture_wake";

std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

}  // namespace

WakeRelay::WakeRelay(const FleetDatabase& database, WakeBoard& board)
    : database_(database), name_(random_name()) {
  if (!database_.is_shared()) return;
  postgresql::Listener::Calls calls{
      .heard =
          [&board, name = name_](std::string_view word) {
            if (word != name) board.call_urgently();
          },
      // A check too many costs a host little; one that it was called for and does not make may cost much.
      .was_deaf =
          [&board] {
            spdlog::info("the database is back; an operator's call may have been missed");
            board.call_urgently();
          }};
  listener_ = std::make_unique<postgresql::Listener>(database_.pool()->options(), kChannel, std::move(calls));
}

WakeRelay::~WakeRelay() = default;

void WakeRelay::end() {
  listener_.reset();
}

Result<void> WakeRelay::tell() {
  if (database_.is_shared()) TRY(postgresql::tell(*database_.pool(), kChannel, name_));
  return {};
}

}  // namespace suture::server
