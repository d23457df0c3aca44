// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/knowledge_board.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

namespace suture::server {
namespace {

namespace fs = std::filesystem;

/// What changes when a file does; empty when there is none.
std::string facts_of(const fs::path& file) {
  struct stat info {};
  if (file.empty() || ::stat(file.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}:{}:{}.{} ", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

std::string facts_of_folder(const fs::path& place) {
  std::error_code problem;
  if (place.empty() || !fs::is_directory(place, problem)) return facts_of(place);
  std::vector<std::string> facts;
  for (auto at = fs::directory_iterator(place, problem); !problem && at != fs::directory_iterator();
       at.increment(problem)) {
    if (at->path().extension() == ".json") facts.push_back(at->path().filename().string() + facts_of(*at));
  }
  std::ranges::sort(facts);
  return fmt::format("{}:{}", facts.size(), fmt::join(facts, ""));
}

}  // namespace

KnowledgeBoard::KnowledgeBoard(fs::path repository, fs::path verdicts)
    : repository_(std::move(repository)), verdicts_(std::move(verdicts)) {}

KnowledgeBoard::Snapshot KnowledgeBoard::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

bool KnowledgeBoard::look_at_repository(Knowledge& next) {
  if (repository_.empty()) return false;
  const std::string facts = facts_of(repository_ / "metadata/timestamp.json");
  // Absent for a moment, while a copy of the repository is put in its place: not a change.
  if (facts.empty() || facts == seen_repository_) return false;
  seen_repository_ = facts;
  auto targets = read_targets(repository_);
  if (!targets) {
    spdlog::error("what the repository offers is not known: {}", targets.error().message());
    return false;
  }
  next.targets = *std::move(targets);
  return true;
}

bool KnowledgeBoard::look_at_verdicts(Knowledge& next) {
  const std::string facts = facts_of_folder(verdicts_);
  if (verdicts_.empty() || facts == seen_verdicts_) return false;
  seen_verdicts_ = facts;
  auto verdicts = read_verdicts(verdicts_);
  if (!verdicts) {
    spdlog::error("verdicts are not known: {}", verdicts.error().message());
    return false;
  }
  next.verdicts = *std::move(verdicts);
  return true;
}

bool KnowledgeBoard::look() {
  Knowledge fresh;
  const bool targets = look_at_repository(fresh);
  const bool verdicts = look_at_verdicts(fresh);
  if (!targets && !verdicts) return false;
  auto next = std::make_shared<Knowledge>(*now());
  if (targets) next->targets = std::move(fresh.targets);
  if (verdicts) next->verdicts = std::move(fresh.verdicts);
  find_holes(*next);
  spdlog::info("known: {} kernels in the repository, verdicts on {}", next->targets.offered.size(),
               next->verdicts.size());
  const std::lock_guard lock(mutex_);
  now_ = std::move(next);
  return true;
}

}  // namespace suture::server
