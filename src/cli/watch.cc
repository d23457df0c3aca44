// SPDX-License-Identifier: Apache-2.0
//
// `suture watch`: what all of its subcommands share.
#include "cli/watch.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture watch sync                                   read what the sources of /etc/suture/watch.toml say now
  suture watch sources                                how far each is, and what of it was not understood
  suture watch list --kernel --since 2026-11-01       what is new about the kernel
  suture watch show CVE-2026-46234                    all that is said of one, and by whom
  suture watch affected --target 6.1.0-47-cloud-amd64 which of them a kernel has
  suture watch follow                                 as a service: sync, and queue fixes for builders
  suture watch take --builder forge-1 --lease 2h      a builder takes the most urgent one
)";

}  // namespace

Result<WatchConfig> watch_config(const WatchOptions& options) {
  auto config = read_watch_config(options.config);
  if (config || config.error().code != "file.unreadable") return config;
  Error error = std::move(config).error();
  error.hint = "An example to start with: /usr/share/doc/suture-build/examples/watch.toml.";
  return std::unexpected(std::move(error));
}

Result<AdvisoryStore> open_advisories(const WatchOptions& options) {
  std::filesystem::path file = options.advisories;
  if (file.empty()) file = TRY(watch_config(options)).store();
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail("watch.no-store", "open " + file.string(), "there is no such file",
                "`suture watch sync` makes it, out of what the sources say.");
  }
  return AdvisoryStore::open(file);
}

void add_watch_command(CLI::App& app, Invocation& invocation) {
  CLI::App& watch =
      *app.add_subcommand("watch", "What is announced: sources, advisories, and what to fix next");
  watch.footer(kExamples);
  watch.require_subcommand(1);
  const auto options = std::make_shared<WatchOptions>();
  watch.add_option("--config", options->config, "The configuration")
      ->type_name("FILE")
      ->capture_default_str();
  watch.add_option("--advisories", options->advisories, "Where advisories are kept, if not where it says")
      ->type_name("FILE");
  add_watch_sync(watch, options, invocation);
  add_watch_follow(watch, options, invocation);
  add_watch_sources(watch, options, invocation);
  add_watch_list(watch, options, invocation);
  add_watch_show(watch, options, invocation);
  add_watch_affected(watch, options, invocation);
  add_watch_explain(watch, options, invocation);
  add_watch_report(watch, options, invocation);
  add_watch_queue(watch, options, invocation);
}

}  // namespace suture::cli
