// SPDX-License-Identifier: Apache-2.0
#include "rollout_commands.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/time.h"
#include "local.h"
#include "server/rollout/explain.h"
#include "server/rollout/repository_levels.h"
#include "server/rollout/rollout_document.h"

namespace suture::server {
namespace {

constexpr std::uint32_t kRows = 1000;

Result<RolloutStore> open_present(const DatabaseArguments& arguments) {
  const FleetDatabase database = TRY(database_of(arguments));
  TRY(need_database(database));
  return RolloutStore::open(database);
}

/// In the audit log as whoever is at the keyboard, and by that name among approvers.
Actor local_actor() {
  std::string who = local_user();
  std::string name = who.substr(who.rfind(' ') + 1);
  return {std::move(who), std::move(name)};
}

std::string wave_text(const Rollout& rollout) {
  return fmt::format("{} of {}", rollout.begun.size(), rollout.course.waves.size());
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string who_of(const Selector& hosts) {
  std::string text = percent_text(hosts.share) + " %";
  if (!hosts.group.empty()) text += " of the group " + hosts.group;
  if (!hosts.tag.empty()) text += " with the tag " + hosts.tag;
  return text;
}

std::string time_or_dash(const std::optional<Time>& time) {
  return time ? time_text(*time) : "-";
}

/// The id of a host that is named by its id or its name.
Result<std::string> host_of(Store& fleet, const std::string& named) {
  const auto found = fleet.read([&](sql::Database& database) -> Result<std::vector<std::string>> {
    auto row = TRY(database.prepare(
        "SELECT host_id FROM host_facts WHERE host_id = ?1 OR hostname = ?1 ORDER BY host_id LIMIT 3"));
    row.bind(1, named);
    std::vector<std::string> ids;
    while (TRY(row.step())) ids.push_back(row.text(0));
    return ids;
  });
  if (!found) return std::unexpected(found.error());
  if (found->size() == 1) return found->front();
  if (found->empty()) {
    return fail("host.unknown", "look for the host " + named, "none of this id or name has reported");
  }
  return fail("host.unknown", "look for the host " + named, "several have this name",
              "name it by its id: " + found->front());
}

}  // namespace

CLI::App* RolloutCommands::add(CLI::App& group, const char* name, const char* what) {
  CLI::App* command = group.add_subcommand(name, what)->fallthrough();
  command->add_flag("--json", json_, "Write JSON");
  return command;
}

RolloutCommands::RolloutCommands(CLI::App& app, const DatabaseArguments& database,
                                 const std::string& repository)
    : database_(database), repository_(repository) {
  CLI::App* group = app.add_subcommand("rollout", "Bring patchsets to the fleet in waves");
  group->require_subcommand(1)->fallthrough();
  const auto command = [&](const char* name, const char* what, Result<void> (RolloutCommands::*act)()) {
    CLI::App* one = add(*group, name, what);
    commands_.push_back({one, act});
    return one;
  };
  const auto with_id = [&](CLI::App* one) {
    one->add_option("rollout", id_, "Its number")->type_name("ID")->required();
    return one;
  };

  CLI::App* list = command("list", "Show all rollouts, newest first", &RolloutCommands::list);
  list->add_option("--channel", channel_, "Only of this channel")->type_name("NAME");
  with_id(command("show", "Show a rollout with its waves", &RolloutCommands::show));

  CLI::App* start = command("start", "Make a rollout of what the repository has; needs --repository",
                            &RolloutCommands::start);
  auto* policy = start->add_option("--policy", policy_, "As this policy says")->type_name("NAME");
  start->add_option("--file", file_, "As this document says, which is what the API takes")
      ->type_name("FILE")
      ->excludes(policy);
  start->add_flag("--again", again_, "Also levels that an earlier rollout took back");
  start->footer("Example: suture-server rollout start --policy careful --repository /srv/suture");

  CLI::App* approve = with_id(command("approve", "Agree to the next wave", &RolloutCommands::approve));
  approve->add_flag("--urgent", urgent_, "To its going to everybody, instead");

  for (const auto& [wanted, what] : {
           std::pair(RolloutCommand::kHalt, "Bring it to nobody new; those that have it keep it"),
           std::pair(RolloutCommand::kResume, "Go on after a halt; the wave begins anew"),
           std::pair(RolloutCommand::kRevert, "Take it back from everybody"),
           std::pair(RolloutCommand::kCancel, "End it; those that have it keep it"),
           std::pair(RolloutCommand::kUrgent, "Bring it straight to everybody"),
       }) {
    orders_.emplace_back(with_id(add(*group, std::string(name_of(wanted)).c_str(), what)), wanted);
  }

  command("explain", "Say why a host has the level that it has", &RolloutCommands::explain)
      ->add_option("host", host_, "Its id or its name")
      ->type_name("HOST")
      ->required();

  command("policies", "Show all policies", &RolloutCommands::policies);
  CLI::App* set =
      command("set-policy", "Make or replace a policy; needs --repository", &RolloutCommands::set_policy);
  set->add_option("policy", policy_, "Its name")->type_name("NAME")->required();
  set->add_option("--file", file_, "The document, which is what the API takes")
      ->type_name("FILE")
      ->required();
  command("remove-policy", "Remove a policy", &RolloutCommands::remove_policy)
      ->add_option("policy", policy_, "Its name")
      ->type_name("NAME")
      ->required();
}

std::optional<Result<void>> RolloutCommands::run() {
  for (const Named& command : commands_) {
    if (command.app->parsed()) return (this->*command.run)();
  }
  for (const auto& [app, command] : orders_) {
    if (app->parsed()) return obey(command);
  }
  return std::nullopt;
}

Result<TargetLevels> RolloutCommands::levels(const std::string& channel) const {
  if (repository_.empty()) {
    return fail("rollout.no-repository", "look what the repository has", "no repository is named",
                "name it with --repository, as for the server");
  }
  return repository_levels(repository_, channel);
}

Result<void> RolloutCommands::list() {
  auto store = TRY(open_present(database_));
  const auto page = TRY(store.rollouts({.channel = channel_, .limit = kRows}));
  if (json_) {
    Json rollouts = Json::array();
    for (const Rollout& rollout : page.items) rollouts.push_back(to_json(rollout));
    fmt::print("{}", json_text({{"rollouts", std::move(rollouts)}}));
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const Rollout& rollout : page.items) {
    rows.push_back({std::to_string(rollout.id), rollout.channel, std::string(name_of(rollout.state)),
                    wave_text(rollout), or_dash(rollout.policy), time_text(rollout.made_at), rollout.made_by,
                    or_dash(rollout.reason.text)});
  }
  fmt::print("{}", table({"ID", "CHANNEL", "STATE", "WAVE", "POLICY", "MADE", "BY", "REASON"}, rows));
  return {};
}

Result<void> RolloutCommands::print(RolloutStore& store, const std::optional<Rollout>& rollout) const {
  if (!rollout) {
    return fail("rollout.unknown", fmt::format("look for the rollout {}", id_),
                "there is none of this number", "suture-server rollout list shows all");
  }
  if (json_) {
    fmt::print("{}", json_text(TRY(rollout_document(store, *rollout))));
    return {};
  }
  fmt::print("rollout {} of {}: {}{}\n", rollout->id, rollout->channel, name_of(rollout->state),
             rollout->urgent ? ", urgent" : "");
  if (!rollout->reason.text.empty()) fmt::print("{} [{}]\n", rollout->reason.text, rollout->reason.code);
  const WaveCounts& counts = rollout->counts;
  if (!rollout->begun.empty()) {
    fmt::print(
        "wave {}: {} hosts, {} have reported, {} applied, {} failed, {} stalled, {} reverted, {} crashed,"
        " {} silent\n",
        rollout->begun.size(), counts.hosts, counts.reporting, counts.applied, counts.failed, counts.stalled,
        counts.reverted, counts.crashed, counts.silent);
  }
  const auto approvals = TRY(store.approvals(rollout->id));
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < rollout->course.waves.size(); ++i) {
    const Wave& wave = rollout->course.waves[i];
    const BegunWave begun = i < rollout->begun.size() ? rollout->begun[i] : BegunWave{};
    const bool has_begun = i < rollout->begun.size();
    rows.push_back(
        {std::to_string(i + 1), who_of(wave.hosts), duration_text(wave.soak),
         wave.approvals.count == 0
             ? "-"
             : fmt::format("{} missing",
                           missing_approvals(*rollout, static_cast<std::int64_t>(i) + 1, approvals)),
         has_begun ? time_text(begun.began_at) : "-", time_or_dash(begun.soaking_since),
         time_or_dash(begun.passed_at)});
  }
  fmt::print("\n{}", table({"WAVE", "HOSTS", "SOAK", "APPROVALS", "BEGAN", "SOAKING SINCE", "PASSED"}, rows));
  return {};
}

Result<void> RolloutCommands::show() {
  auto store = TRY(open_present(database_));
  return print(store, TRY(store.rollout(id_)));
}

Result<void> RolloutCommands::start() {
  NewRollout wanted{.policy = policy_};
  if (!file_.empty()) wanted = TRY(parse_new_rollout(TRY(read_text_file(file_, kPolicyLimit))));
  if (wanted.policy.empty() && wanted.channel.empty()) {
    return fail("rollout.schema", "make a rollout", "neither a policy nor a document is named",
                "use --policy or --file");
  }
  auto store = TRY(open_present(database_));
  auto order = TRY(order_of(store, wanted));
  order.again = order.again || again_;
  order.levels = TRY(levels(order.channel));
  return print(store, TRY(store.make(order, local_actor(), wall_clock())));
}

Result<void> RolloutCommands::approve() {
  auto store = TRY(open_present(database_));
  return print(store, TRY(store.approve(id_, urgent_, local_actor(), wall_clock())));
}

Result<void> RolloutCommands::obey(RolloutCommand command) {
  auto store = TRY(open_present(database_));
  return print(store, TRY(store.command(id_, command, local_actor(), wall_clock())));
}

Result<void> RolloutCommands::explain() {
  auto store = TRY(open_present(database_));
  auto fleet = TRY(Store::open(TRY(database_of(database_))));
  const std::string id = TRY(host_of(fleet, host_));
  RolloutMoment moment;
  auto channels = TRY(store.governed(moment));
  auto member = TRY(store.membership(channels));
  const PlanIndex index(std::move(channels), std::move(member));
  const auto document = TRY(explain_document(fleet, store, index, id,
                                             [this](const std::string& channel) { return levels(channel); }));
  if (!document) return fail("host.unknown", "look for the host " + host_, "it is not there any more");
  if (json_) {
    fmt::print("{}", json_text(*document));
    return {};
  }
  fmt::print("{}\n", id);
  for (const Json& reason : document->at("because")) {
    fmt::print("- {}\n", reason.at("text").get<std::string>());
  }
  return {};
}

Result<void> RolloutCommands::policies() {
  auto store = TRY(open_present(database_));
  const auto all = TRY(store.policies());
  if (json_) {
    Json policies = Json::array();
    for (const Policy& policy : all) policies.push_back(to_json(policy));
    fmt::print("{}", json_text({{"policies", std::move(policies)}}));
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const Policy& policy : all) {
    std::string waves;
    for (const Wave& wave : policy.course.waves) waves += (waves.empty() ? "" : ", ") + who_of(wave.hosts);
    rows.push_back({policy.name, policy.channel, policy.automatic ? "yes" : "no", waves});
  }
  fmt::print("{}", table({"NAME", "CHANNEL", "AUTOMATIC", "WAVES"}, rows));
  return {};
}

Result<void> RolloutCommands::set_policy() {
  const auto policy = TRY(parse_policy(TRY(read_text_file(file_, kPolicyLimit)), policy_));
  auto store = TRY(open_present(database_));
  TRY(store.put_policy(policy, TRY(levels(policy.channel)), local_actor(), wall_clock()));
  fmt::print("{}", json_ ? json_text(to_json(policy)) : fmt::format("policy {} is kept\n", policy.name));
  return {};
}

Result<void> RolloutCommands::remove_policy() {
  auto store = TRY(open_present(database_));
  if (!TRY(store.remove_policy(policy_, local_actor(), wall_clock()))) {
    return fail("policy.unknown", "remove the policy " + policy_, "there is none of this name",
                "suture-server rollout policies shows all");
  }
  fmt::print("{}",
             json_ ? json_text({{"removed", policy_}}) : fmt::format("policy {} is removed\n", policy_));
  return {};
}

}  // namespace suture::server
