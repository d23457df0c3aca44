// SPDX-License-Identifier: Apache-2.0
//
// `suture repo`: channels, and how patchsets move in them.
#include <fmt/format.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/repo.h"
#include "repository/promotion.h"
#include "repository/publisher.h"

namespace suture::cli {
namespace {

struct ChannelOptions : PublisherOptions {
  std::string channel;
  std::string distribution = "debian";
  std::string from;
  std::string after;
  std::string build_id;
  std::string reason;
  std::uint32_t level = 0;
  std::size_t keep = 2;
};

Result<int> tell_moved(const Moved& moved, const ChannelOptions& options, const char* done, bool json) {
  if (json) {
    Json patchsets = Json::array();
    for (const auto& patchset : moved.patchsets) patchsets.push_back(to_json(patchset));
    fmt::print("{}", json_text({{"patchsets", std::move(patchsets)},
                                {"committed", to_json(moved.committed, options)}}));
    return kOk;
  }
  for (const AvailablePatchset& patchset : moved.patchsets) {
    fmt::print("{} level {} of {} ({}) in {}\n", done, patchset.level, patchset.release,
               patchset.build_id.substr(0, 12), patchset.stream.channel);
  }
  if (moved.patchsets.empty()) fmt::print("nothing to do\n");
  return tell_committed(moved.committed, options);
}

Result<int> promote(const ChannelOptions& options, bool json) {
  Promotion promotion{.to = options.channel, .from = options.from, .build_id = options.build_id};
  if (!options.after.empty()) {
    promotion.after = TRY(parse_span(options.after));
    promotion.by_policy = false;
  }
  return tell_moved(TRY(promote_patchsets(TRY(publisher_context(options)), promotion)), options, "promoted",
                    json);
}

Result<int> withdraw(const ChannelOptions& options, bool json) {
  const Moved moved =
      TRY(withdraw_level(TRY(publisher_context(options)), {options.channel, options.distribution},
                         options.build_id, options.level, options.reason));
  return tell_moved(moved, options, "withdrawn:", json);
}

Result<int> expire(const ChannelOptions& options, bool json) {
  const Moved moved = TRY(expire_levels(TRY(publisher_context(options)), options.channel, options.keep));
  return tell_moved(moved, options, "no longer offered:", json);
}

Result<int> add(const ChannelOptions& options, bool json) {
  const Committed committed =
      TRY(add_channel(TRY(publisher_context(options)), {options.channel, options.distribution}));
  if (json) {
    fmt::print("{}", json_text({{"committed", to_json(committed, options)}}));
    return kOk;
  }
  if (committed.published) fmt::print("made the channel {} for {}\n", options.channel, options.distribution);
  return tell_committed(committed, options);
}

}  // namespace

void add_repo_channels(CLI::App& repo, Invocation& invocation) {
  const auto options = std::make_shared<ChannelOptions>();
  const auto command = [&](const char* name, const char* help,
                           Result<int> (*run)(const ChannelOptions&, bool)) {
    CLI::App& made = add_subcommand(repo, invocation, name, help, options, run);
    made.add_option("repository", options->repository, "The repository")->required()->type_name("FOLDER");
    add_publisher_options(made, *options);
    return &made;
  };
  const auto kernel = [&](CLI::App* made) {
    made->add_option("--build-id", options->build_id, "Only for this kernel")->type_name("HEX");
  };
  const auto distribution = [&](CLI::App* made) {
    made->add_option("--distribution", options->distribution, "Whose kernels (default: debian)")
        ->type_name("NAME");
  };

  CLI::App* added = command("add-channel", "A further channel, or one for another distribution", add);
  added->add_option("channel", options->channel, "Its name")->required()->type_name("NAME");
  distribution(added);

  CLI::App* promoted = command("promote", "Bring patchsets from one channel into the next", promote);
  promoted->add_option("--to", options->channel, "The channel that gets them")
      ->required()
      ->type_name("CHANNEL");
  promoted->add_option("--from", options->from, "Where they are (default: as repository.toml says)")
      ->type_name("CHANNEL");
  promoted
      ->add_option("--after", options->after,
                   "Only those that have been there for so long, such as 24h or 2d; 0h: at once")
      ->type_name("TIME");
  kernel(promoted);

  CLI::App* withdrawn = command("withdraw", "Say that a level is bad: hosts go back from it", withdraw);
  withdrawn->add_option("level", options->level, "The level")->required()->type_name("LEVEL");
  withdrawn->add_option("--channel", options->channel, "Where")->required()->type_name("CHANNEL");
  withdrawn->add_option("--reason", options->reason, "Shown on each host")->required()->type_name("TEXT");
  kernel(withdrawn);
  distribution(withdrawn);

  CLI::App* expired = command("expire", "Stop offering old levels", expire);
  expired->add_option("--keep", options->keep, "How many good levels of each kernel stay (default: 2)")
      ->check(CLI::Range(1, 1000))
      ->type_name("NUMBER");
  expired->add_option("--channel", options->channel, "Only in this channel")->type_name("CHANNEL");
}

}  // namespace suture::cli
