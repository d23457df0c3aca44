// SPDX-License-Identifier: Apache-2.0
#include "cli/repo.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/terminal.h"
#include "base/time.h"
#include "repository/log_head.h"
#include "repository/publisher.h"
#include "repository/renewal.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture repo init /srv/suture --keys ~/keys                     make it, and the keys that sign it
  suture repo status /srv/suture --keys ~/keys                   who signs what, until when, who is here
  suture repo list /srv/suture                                   what it offers
  suture repo renew /srv/suture --keys ~/keys                    at least once a day, from a timer
  suture repo promote /srv/suture --keys ~/keys --from canary --to stable --after 24h
  suture repo withdraw /srv/suture 7 --keys ~/keys --channel stable --reason 'hangs on NFS'
  suture repo rotate /srv/suture timestamp --keys ~/keys         its key was stolen: a new one
  suture repo mirror https://patches.example.org/suture /srv/mirror --root 1.root.json
  suture repo export /srv/suture suture.bundle                   for a network without a wire
  suture repo audit https://patches.example.org/suture --root 1.root.json
  suture repo fetch /srv/mirror stable/debian/BUILD-ID/catalog.json --root 1.root.json -o catalog.json
)";

struct InitOptions : PublisherOptions {
  NewRepository wanted;
};

std::string expiry_text(Time expires) {
  std::string text = time_text(expires);
  if (expires <= std::chrono::system_clock::now()) text += " " + coloured("expired", Colour::kRed);
  return text;
}

Json roles_json(const RepositoryState& state) {
  Json roles = Json::object();
  for (const RoleState& role : state.roles) {
    roles[role.role] = {{"version", role.version},
                        {"expires", time_text(role.expires)},
                        {"threshold", role.threshold},
                        {"keys", role.key_ids}};
  }
  return roles;
}

Result<int> init(const InitOptions& options, bool json) {
  const PublisherContext context = TRY(publisher_context(options));
  const auto made = TRY(init_repository(context, options.wanted));
  const auto root = context.repository / "metadata" / "1.root.json";
  if (json) {
    Json keys = Json::array();
    for (const auto& path : made) keys.push_back(path.string());
    fmt::print("{}", json_text({{"repository", context.repository.string()},
                                {"root", root.string()},
                                {"new_keys", std::move(keys)},
                                {"metadata", roles_json(TRY(read_repository(context.repository)))}}));
    return kOk;
  }
  fmt::print("made the repository {}\n", context.repository.string());
  for (const auto& path : made) fmt::print("made the key {}\n", path.string());
  fmt::print("give {} to each host, by a way that you trust; keep root.pem and targets.pem offline\n",
             root.string());
  return kOk;
}

Result<int> list(const PublisherOptions& options, bool json) {
  const RepositoryState state = TRY(read_repository(options.repository));
  if (json) {
    Json patchsets = Json::array();
    for (const auto& patchset : state.patchsets) patchsets.push_back(to_json(patchset));
    fmt::print("{}", json_text({{"metadata", roles_json(state)}, {"patchsets", std::move(patchsets)}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const AvailablePatchset& patchset : state.patchsets) {
    std::string said = patchset.qualified() ? "qualified" : coloured("unqualified", Colour::kRed);
    if (patchset.withdrawn) said = coloured("withdrawn: " + patchset.withdrawn->reason, Colour::kRed);
    rows.push_back({patchset.stream.channel, patchset.stream.distribution, patchset.release,
                    patchset.build_id.substr(0, 12), std::to_string(patchset.level),
                    human_size(patchset.module_bytes()), patchset.published, std::move(said),
                    fmt::format("{}", fmt::join(patchset.cves, " "))});
  }
  if (rows.empty()) {
    fmt::print("no patchsets yet: `suture publish` adds one\n");
  } else {
    fmt::print("{}", table({"CHANNEL", "DISTRIBUTION", "RELEASE", "BUILD-ID", "LEVEL", "SIZE", "PUBLISHED",
                            "STATE", "CVES"},
                           rows));
  }
  return kOk;
}

/// Which of a role's keys are here, by name; the others by the beginning of their ids.
std::string key_names(const RoleState& role, const Keyring& keyring) {
  std::vector<std::string> names;
  for (const std::string& id : role.key_ids) {
    const std::string name = keyring.name_of(id);
    names.push_back(name.empty() ? coloured(id.substr(0, 16), Colour::kDim) : name);
  }
  return fmt::format("{} of {}", role.threshold, fmt::join(names, ", "));
}

Result<int> status(const PublisherOptions& options, bool json) {
  const RepositoryState state = TRY(read_repository(options.repository));
  if (json) {
    fmt::print("{}", json_text({{"metadata", roles_json(state)},
                                {"patchsets", state.patchsets.size()},
                                {"log", log_head_json(state.log)}}));
    return kOk;
  }
  const Keyring keyring = TRY(Keyring::open(options.keys, passphrase_of(options)));
  std::vector<std::vector<std::string>> rows;
  for (const RoleState& role : state.roles) {
    rows.push_back(
        {role.role, std::to_string(role.version), expiry_text(role.expires), key_names(role, keyring)});
  }
  fmt::print("{}", table({"ROLE", "VERSION", "EXPIRES", "SIGNED BY"}, rows));
  fmt::print("\n{} patchsets, {} entries in the log\n", state.patchsets.size(), state.log.size);
  return kOk;
}

Result<int> renew(const PublisherOptions& options, bool json) {
  const Renewed renewed = TRY(renew_repository(TRY(publisher_context(options))));
  if (json) {
    fmt::print("{}", json_text({{"renewed", renewed.roles},
                                {"needs_key", renewed.waiting},
                                {"request", renewed.requested ? Json(options.request) : Json()}}));
    return kOk;
  }
  fmt::print("signed anew: {}\n", fmt::join(renewed.roles, ", "));
  if (renewed.waiting.empty()) return kOk;
  fmt::print(stderr, "suture: these expire soon, and their keys are not in {}: {}\n", options.keys,
             fmt::join(renewed.waiting, ", "));
  if (renewed.requested) return tell_committed({false, renewed.waiting}, options);
  fmt::print(stderr, "suture: renew once with their keys, or write a request for them with --request FILE\n");
  return kOk;
}

void add_repository(CLI::App& command, PublisherOptions& options) {
  command.add_option("repository", options.repository, "The repository")->required()->type_name("FOLDER");
}

}  // namespace

void add_repo_command(CLI::App& app, Invocation& invocation) {
  CLI::App& repo = *app.add_subcommand("repo", "Signed repositories: make, sign, promote, mirror, audit");
  repo.require_subcommand(1);
  repo.fallthrough();
  repo.footer(kExamples);

  const auto fresh = std::make_shared<InitOptions>();
  CLI::App& made =
      add_subcommand(repo, invocation, "init", "Make a repository, and the keys that sign it", fresh, init);
  add_repository(made, *fresh);
  add_publisher_options(made, *fresh);
  add_encrypt_option(made, *fresh);
  made.add_option("--channel", fresh->wanted.channels, "Its channels (default: canary testing stable)")
      ->type_name("NAME");
  made.add_option("--distribution", fresh->wanted.distributions,
                  "Whose kernels they are for, as ID in os-release (default: debian)")
      ->type_name("NAME");
  made.add_option("--bins", fresh->wanted.bins,
                  "Into how many parts each channel's metadata are cut, a power of two (default: 16)")
      ->type_name("NUMBER");

  const auto options = std::make_shared<PublisherOptions>();
  add_repository(add_subcommand(repo, invocation, "list", "What it offers", options, list), *options);
  CLI::App& shown =
      add_subcommand(repo, invocation, "status", "Who signs what, and until when", options, status);
  add_repository(shown, *options);
  shown.add_option("--keys", options->keys, "Tell which of the keys are in this folder")->type_name("FOLDER");
  CLI::App& renewed = add_subcommand(repo, invocation, "renew",
                                     "Sign anew what expires soon, and the timestamp", options, renew);
  add_repository(renewed, *options);
  add_publisher_options(renewed, *options);

  add_repo_channels(repo, invocation);
  add_repo_roles(repo, invocation);
  add_repo_copies(repo, invocation);
  add_repo_mok(repo, invocation);
  add_repo_oval(repo, invocation);
}

}  // namespace suture::cli
