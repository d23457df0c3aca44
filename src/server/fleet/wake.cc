// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/wake.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostTimestamp = 1u << 20;
constexpr std::size_t kWordLength = 16;

std::string_view name_of(WakeBoard::Reason reason) {
  switch (reason) {
    case WakeBoard::Reason::kState:
      return "state";
    case WakeBoard::Reason::kChanged:
      return "changed";
    case WakeBoard::Reason::kUrgent:
      return "urgent";
  }
  return "";
}

std::string file_facts(const std::filesystem::path& file) {
  struct stat info {};
  if (file.empty() || ::stat(file.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}:{}:{}.{}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

}  // namespace

WakeBoard::WakeBoard(std::filesystem::path timestamp, std::uint32_t most)
    : timestamp_(std::move(timestamp)), most_(most) {
  seen_ = file_facts(timestamp_);
  word_ = read_word();
}

std::string WakeBoard::read_word() const {
  const auto bytes = timestamp_.empty() ? Bytes() : read_file(timestamp_, kMostTimestamp).value_or(Bytes());
  return sha256_hex(bytes).substr(0, kWordLength);
}

std::string WakeBoard::word() const {
  const std::lock_guard lock(mutex_);
  return word_;
}

std::size_t WakeBoard::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::variant<WakeBoard::Reason, WakeBoard::Place, WakeBoard::Full> WakeBoard::enter(std::string_view after,
                                                                                    Call call) {
  const std::lock_guard lock(mutex_);
  if (after != word_) return after.empty() ? Reason::kState : Reason::kChanged;
  if (waiting_.size() >= most_) return Full{};
  return waiting_.insert(waiting_.end(), std::move(call));
}

void WakeBoard::leave(Place place) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(place);
}

void WakeBoard::call_all(Reason reason) {
  for (const Call& call : waiting_) call(reason);
}

void WakeBoard::look() {
  const std::string facts = file_facts(timestamp_);
  const std::lock_guard lock(mutex_);
  // Absent for a moment, while a copy of the repository is put in its place: not a change.
  if (facts.empty() || facts == seen_) return;
  seen_ = facts;
  std::string word = read_word();
  if (word == word_) return;
  word_ = std::move(word);
  spdlog::info("the repository has changed: calling {} hosts", waiting_.size());
  call_all(Reason::kChanged);
}

std::size_t WakeBoard::call_urgently() {
  const std::lock_guard lock(mutex_);
  spdlog::info("an operator calls {} hosts", waiting_.size());
  call_all(Reason::kUrgent);
  return waiting_.size();
}

Response wake_response(std::string_view word, WakeBoard::Reason reason) {
  return json_response(200, {{"after", word}, {"reason", name_of(reason)}});
}

Result<std::string> wake_word(const Target& target) {
  for (const auto& [name, value] : target.query) {
    const bool plain = value.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (name != "after" || !plain || value.size() != kWordLength) {
      return fail("request.parameter", "read the parameter \"" + name + "\"",
                  "known is: after, which the last answer gave");
    }
    return value;
  }
  return std::string();
}

}  // namespace suture::server
