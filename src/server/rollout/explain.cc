// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace suture::server {
namespace {

using By = ExplainedPlan::By;

class Explanation {
 public:
  Explanation(const ExplainedHost& host, const PlanIndex& index) : host_(host), index_(index) {}

  std::vector<Reason> all() {
    what_it_says();
    what_is_published();
    const auto plan = index_.explained(plan_question(host_.report));
    if (!plan) {
      say("explain.unsteered",
          fmt::format("the channel {} has neither a policy nor a rollout, so the host takes what the"
                      " repository has as its own policy says",
                      host_.report.channel));
      return std::move(said_);
    }
    why(*plan);
    open_rollouts(*plan);
    taken_back();
    how_it_follows(plan->plan);
    return std::move(said_);
  }

 private:
  void say(const char* code, std::string text) { said_.push_back({code, std::move(text)}); }

  void what_it_says() {
    const HostReport& report = host_.report;
    say("explain.reported",
        fmt::format("it last reported at {}: level {}, {}, kernel {}, channel {}", host_.received_at,
                    report.level, name_of(report.state), report.release, report.channel));
    if (report.error) {
      say("explain.error",
          fmt::format("its last attempt failed: {} [{}]", report.error->message, report.error->code));
    }
    if (report.state == HostState::kUnsupported) {
      say("explain.unsupported", "its kernel cannot be live patched");
    }
  }

  void what_is_published() {
    if (!host_.published) return;
    if (*host_.published == 0) {
      say("explain.no-target", "the repository has nothing in this channel for its kernel");
    } else {
      say("explain.target", fmt::format("the repository has level {} for its kernel", *host_.published));
    }
  }

  void why(const ExplainedPlan& plan) {
    const std::uint32_t level = plan.plan.level;
    switch (plan.by) {
      case By::kUnknownTarget:
        say("explain.unknown-target",
            fmt::format("no rollout names its kernel, so it keeps level {} and gets no other", level));
        break;
      case By::kFloor:
        if (!plan.plan.rollout.empty()) {
          say("explain.floor",
              fmt::format("it may have level {}, which rollout {} brought to all", level, plan.plan.rollout));
        } else {
          say("explain.floor", fmt::format("it may have level {}: {}", level, plan.plan.reason));
        }
        break;
      case By::kWave:
        say("explain.wave",
            fmt::format("it may have level {}: rollout {} brings that, {}", level, plan.plan.rollout,
                        plan.open->rollout.urgent
                            ? "urgently to everybody"
                            : fmt::format("and it is in wave {} of {}, which has begun", plan.wave,
                                          plan.open->rollout.course.waves.size())));
        break;
      case By::kKept:
        say("explain.kept", fmt::format("it may have level {}: {} {}", level, "rollout " + plan.plan.rollout,
                                        "brings that, and nobody took it back from those that have it"));
        break;
    }
  }

  /// What may come yet.
  void open_rollouts(const ExplainedPlan& plan) {
    const Governed* governed = index_.channel(host_.report.channel);
    for (const OpenRollout& open : governed->open) {
      const auto target = open.levels.find(host_.report.build_id);
      if (target == open.levels.end()) continue;
      const Rollout& rollout = open.rollout;
      const std::uint32_t level = target->second.level;
      if (level > plan.plan.level) {
        say("explain.not-yet",
            fmt::format("rollout {} brings level {} and is {}; of its {} waves, {} have begun, {}",
                        rollout.id, level, name_of(rollout.state), rollout.course.waves.size(),
                        rollout.begun.size(),
                        rollout.active() ? "and it is in none of these" : "and none goes on"));
      }
      if (!rollout.reason.text.empty()) {
        say("explain.gate", fmt::format("rollout {} is {}: {} [{}]", rollout.id, name_of(rollout.state),
                                        rollout.reason.text, rollout.reason.code));
      }
    }
  }

  void taken_back() {
    for (const auto& [rollout, level] : host_.reverted) {
      say("explain.reverted", fmt::format("rollout {} had brought level {} and was reverted: {} [{}]",
                                          rollout.id, level.level, rollout.reason.text, rollout.reason.code));
    }
  }

  void how_it_follows(const Plan& plan) {
    const HostReport& report = host_.report;
    if (!report.rollouts) {
      say("explain.not-following",
          "it does not follow plans: its agent is older, has no TLS to the server, or its administrator "
          "wants it so");
    }
    const bool harmed = std::ranges::find(report.quarantined, plan.level) != report.quarantined.end();
    if (harmed) {
      say("explain.quarantined",
          fmt::format("level {} did harm there, and does not come back by itself", plan.level));
    }
    if (report.level > plan.level) {
      say("explain.above",
          fmt::format("it has level {} and goes back to {} with its next check", report.level, plan.level));
    } else if (report.level == plan.level) {
      say("explain.as-planned", "it has what it may have");
    } else if (report.state == HostState::kReverted) {
      say("explain.host-holds",
          "its administrator took the patchset back there, and it waits for an explicit update");
    } else {
      say("explain.below",
          fmt::format(
              "it has level {} and may have {}: it takes it with its next check, if the repository has"
              " it, and within the hours that its own policy has for that",
              report.level, plan.level));
    }
  }

  const ExplainedHost& host_;
  const PlanIndex& index_;
  std::vector<Reason> said_{};
};

}  // namespace

PlanFor plan_question(const HostReport& report) {
  return {.host_id = report.host_id,
          .channel = report.channel,
          .build_id = report.build_id,
          .level = report.level};
}

std::vector<Reason> explain(const ExplainedHost& host, const PlanIndex& index) {
  return Explanation(host, index).all();
}

Json explanation_json(const ExplainedHost& host, const PlanIndex& index) {
  Json because = Json::array();
  for (const Reason& reason : explain(host, index)) {
    because.push_back({{"code", reason.code}, {"text", reason.text}});
  }
  const auto plan = index.plan(plan_question(host.report));
  return {{"host_id", host.report.host_id},
          {"level", host.report.level},
          {"plan", plan ? to_json(*plan) : Json(nullptr)},
          {"because", std::move(because)}};
}

}  // namespace suture::server
