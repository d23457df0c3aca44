// SPDX-License-Identifier: Apache-2.0
//
// For each step of a function and each class of locks: how many may be held there that were not at the entry,
// as the set of all numbers that some path gives. A set that the old code does not have at a return is worth
// a look: a path was added that takes a lock and keeps it, or gives one back that it did not take. Locks of
// one class are not told apart, and a path need not be possible for the values at hand.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "delta/lock_primitives.h"
#include "delta/risk.h"

namespace suture {
namespace {

constexpr int kMost = 4;  ///< held at once; more counts as that many
constexpr auto kClasses = static_cast<std::size_t>(LockClass::kCount);

/// Numbers from -kMost to kMost, a bit each.
using Numbers = std::uint16_t;
constexpr Numbers kNoneHeld = 1 << kMost;
constexpr Numbers kEveryNumber = (1 << (2 * kMost + 1)) - 1;

Numbers shifted(Numbers numbers, int by) {
  if (by > 0) {
    const auto most = static_cast<Numbers>(numbers & (1 << (2 * kMost)));
    return static_cast<Numbers>(((numbers << 1) & kEveryNumber) | most);
  }
  const auto least = static_cast<Numbers>(numbers & 1);
  return static_cast<Numbers>((numbers >> 1) | least);
}

using Held = std::array<Numbers, kClasses>;

class Balance {
 public:
  explicit Balance(const Flow& flow) : flow_(flow), held_(flow.steps.size()), always_(flow.steps.size()) {
    for (StepId id = 0; id < flow.steps.size(); ++id) find_condition(id);
    if (flow.steps.empty()) return;
    held_[0].fill(kNoneHeld);
    std::vector<StepId> open{0};
    while (!open.empty()) {
      const StepId id = open.back();
      open.pop_back();
      const Held after = behind(id);
      const std::vector<StepId>& next = flow_.steps[id].next;
      for (std::size_t edge = 0; edge < next.size(); ++edge) {
        if (merge(next[edge], on_edge(id, edge, after))) open.push_back(next[edge]);
      }
    }
  }

  /// Before the step.
  Numbers at(StepId id, LockClass lock) const { return held_[id][static_cast<std::size_t>(lock)]; }

  /// At all returns.
  Held at_returns() const {
    Held all{};
    for (StepId id = 0; id < flow_.steps.size(); ++id) {
      if (!flow_.steps[id].returns) continue;
      const Held after = behind(id);
      for (std::size_t i = 0; i < kClasses; ++i) all[i] |= after[i];
    }
    return all;
  }
  Held behind(StepId id) const {
    Held held = held_[id];
    const LockEffect effect = lock_effect(flow_.steps[id].callee);
    if (effect.takes == 0 || (effect.taken != LockEffect::Taken::kAlways && !always_[id])) return held;
    Numbers& numbers = held[static_cast<std::size_t>(effect.lock)];
    const Numbers taken = shifted(numbers, effect.takes);
    // Taken or not, when nothing is known of the test.
    numbers = effect.taken == LockEffect::Taken::kAlways ? taken : static_cast<Numbers>(numbers | taken);
    return held;
  }

 private:
  struct Condition {
    LockClass lock;
    bool on_jump;  ///< taken where the conditional jump jumps
  };

  /// Follows a call which may fail to the jump that tests its result.
  void find_condition(StepId call) {
    constexpr int kFurthest = 8;
    const LockEffect effect = lock_effect(flow_.steps[call].callee);
    if (effect.takes == 0 || effect.taken == LockEffect::Taken::kAlways) return;
    StepId id = call;
    for (int i = 0; i < kFurthest && flow_.steps[id].next.size() == 1; ++i) {
      id = flow_.steps[id].next.front();
      if (!flow_.steps[id].callee.empty()) break;
      if (flow_.steps[id].test == Step::Test::kNone || flow_.steps[id].next.size() != 2) continue;
      const bool jumps_if_zero = flow_.steps[id].test == Step::Test::kJumpIfZero;
      conditions_.try_emplace(
          id, Condition{effect.lock, jumps_if_zero == (effect.taken == LockEffect::Taken::kIfZero)});
      return;
    }
    always_[call] = true;
  }

  Held on_edge(StepId id, std::size_t edge, Held held) const {
    const auto condition = conditions_.find(id);
    if (condition == conditions_.end() || (edge == 1) != condition->second.on_jump) return held;
    Numbers& numbers = held[static_cast<std::size_t>(condition->second.lock)];
    numbers = shifted(numbers, 1);
    return held;
  }

  bool merge(StepId id, const Held& held) {
    bool changed = false;
    for (std::size_t i = 0; i < kClasses; ++i) {
      const auto merged = static_cast<Numbers>(held_[id][i] | held[i]);
      changed = changed || merged != held_[id][i];
      held_[id][i] = merged;
    }
    return changed;
  }

  const Flow& flow_;
  std::vector<Held> held_;    ///< by step, before it
  std::vector<bool> always_;  ///< calls which may fail, and whose test was not found
  std::map<StepId, Condition> conditions_;
};

/// How often each function is called.
std::map<std::string_view, int> calls_of(const Flow& flow) {
  std::map<std::string_view, int> calls;
  for (const Step& step : flow.steps) {
    if (!step.callee.empty()) ++calls[step.callee];
  }
  return calls;
}

class LockReport {
 public:
  LockReport(RiskReport& report, const ChangedFunction& function)
      : report_(report), function_(function), after_(function.after) {
    if (function.before) before_.emplace(*function.before);
  }

  void run() {
    if (!function_.after.complete || (function_.before && !function_.before->complete)) {
      if (has_locks()) {
        report_.add("risk.locks-unknown", function_.patched, 0,
                    "locks are not analysed: an indirect jump may go anywhere in the function");
      }
      return;
    }
    const Held now = after_.at_returns();
    const Held then = before_ ? before_->at_returns() : nothing_held();
    for (std::size_t i = 0; i < kClasses; ++i) imbalance(static_cast<LockClass>(i), now[i], then[i]);
    added_calls();
    sleeps();
  }

 private:
  static Held nothing_held() {
    Held held;
    held.fill(kNoneHeld);
    return held;
  }

  bool has_locks() const {
    return std::ranges::any_of(function_.after.steps,
                               [](const Step& step) { return lock_effect(step.callee).takes != 0; });
  }

  /// A call that changes the balance, on a path to a return which the old code does not know.
  void imbalance(LockClass lock, Numbers now, Numbers then) {
    const auto added = static_cast<Numbers>(now & ~then);
    const bool keeps = (added >> (kMost + 1)) != 0;
    const bool gives = (added & (kNoneHeld - 1)) != 0;
    for (const auto& [seen, takes] : {std::pair(keeps, 1), std::pair(gives, -1)}) {
      if (!seen) continue;
      std::vector<std::string> places;
      const Step* first = nullptr;
      for (const Step& step : function_.after.steps) {
        const LockEffect effect = lock_effect(step.callee);
        if (effect.lock != lock || effect.takes != takes) continue;
        if (first == nullptr) first = &step;
        places.push_back(report_.place_of(step.atom, step.offset));
      }
      if (first == nullptr) continue;
      report_.add("risk.lock-imbalance", function_.patched, 0,
                  fmt::format("a path leads to a return {}, and none did before; the calls: {} at {}",
                              takes > 0 ? fmt::format("with a {} still held", lock_class_name(lock))
                                        : fmt::format("that releases a {} which it did not take",
                                                      lock_class_name(lock)),
                              first->callee, fmt::join(places, ", ")));
    }
  }

  /// Locks which the function takes more often than before, seen by their calls.
  void added_calls() {
    if (!function_.before) return;
    const auto before = calls_of(*function_.before);
    std::set<std::string_view> told;
    for (const Step& step : function_.after.steps) {
      const LockEffect effect = lock_effect(step.callee);
      if (effect.takes <= 0 || !told.insert(step.callee).second) continue;
      const int now = calls_of(function_.after).at(step.callee);
      const auto found = before.find(step.callee);
      const int then = found == before.end() ? 0 : found->second;
      if (now <= then) continue;
      report_.add("risk.lock-added", step.atom, step.offset,
                  fmt::format("{} is called at {} place{}, before at {}", step.callee, now,
                              now == 1 ? "" : "s", then));
    }
  }

  bool is_atomic(const Balance& balance, StepId id) const {
    for (std::size_t i = 0; i < kClasses; ++i) {
      const auto lock = static_cast<LockClass>(i);
      const Numbers held = balance.at(id, lock);
      if (forbids_sleep(lock) && held != 0 && (held & (2 * kNoneHeld - 1)) == 0) return true;
    }
    return false;
  }

  /// Calls that may sleep where every path holds a lock that forbids it.
  void sleeps() {
    std::set<std::string_view> before;
    if (function_.before) {
      for (StepId id = 0; id < function_.before->steps.size(); ++id) {
        if (is_atomic(*before_, id)) before.insert(function_.before->steps[id].callee);
      }
    }
    for (StepId id = 0; id < function_.after.steps.size(); ++id) {
      const Step& step = function_.after.steps[id];
      if (!may_sleep(step.callee) || !is_atomic(after_, id) || !before.insert(step.callee).second) continue;
      report_.add("risk.sleep-under-lock", step.atom, step.offset,
                  fmt::format("{} may sleep, and is called where every path holds a spinlock, rwlock or "
                              "RCU read lock",
                              step.callee));
    }
  }

  RiskReport& report_;
  const ChangedFunction& function_;
  Balance after_;
  std::optional<Balance> before_;
};

}  // namespace

void report_locks(RiskReport& report, const ChangedFunction& function) {
  LockReport(report, function).run();
}

}  // namespace suture
