// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/json.h"
#include "cli/command.h"
#include "cli/publisher_options.h"
#include "repository/publisher.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture publish out --repository /srv/suture --keys ~/suture-keys --channel canary
  suture publish out --repository /srv/suture --keys ~/suture-keys --channel stable
  suture publish out --repository /srv/suture --keys ~/suture-keys --unqualified 'exploited in the wild'
)";

struct Options {
  PublisherOptions publisher;
  std::string patchset;
  std::string channel;
  std::string unqualified;
};

Result<int> publish(const Options& options, bool json) {
  const PublisherContext context = TRY(publisher_context(options.publisher));
  const auto [patchset, committed] =
      TRY(publish_patchset(context, options.patchset, options.channel, options.unqualified));
  if (json) {
    fmt::print("{}", json_text({{"patchset", to_json(patchset)},
                                {"committed", to_json(committed, options.publisher)}}));
    return kOk;
  }
  if (!patchset.qualified()) fmt::print(stderr, "suture: without a qualification\n");
  if (!committed.published) return tell_committed(committed, options.publisher);
  fmt::print("published level {} for {} to {}: {}\n", patchset.level, patchset.release, options.channel,
             patchset.cves.empty() ? "no CVE" : fmt::format("{}", fmt::join(patchset.cves, ", ")));
  return kOk;
}

}  // namespace

void add_publish_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("publish", "Put a patchset into a signed repository");
  command.fallthrough();
  command.footer(kExamples);
  command
      .add_option("patchset", options->patchset,
                  "Folder with patchset.json and its modules, from `suture build`")
      ->required()
      ->type_name("FOLDER");
  command.add_option("--repository,--repo", options->publisher.repository, "The repository")
      ->required()
      ->type_name("FOLDER");
  command.add_option("--channel", options->channel, "Stream that hosts subscribe to (default: stable)")
      ->default_val("stable")
      ->type_name("NAME");
  command
      .add_option("--unqualified", options->unqualified,
                  "Publish it although no qualifier vouches for it; the reason is signed and published, too")
      ->type_name("REASON")
      ->check([](const std::string& text) { return text.empty() ? "a reason is needed" : ""; });
  add_publisher_options(command, options->publisher);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options] { return publish(*options, invocation.json); };
  });
}

}  // namespace suture::cli
