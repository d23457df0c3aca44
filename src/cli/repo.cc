// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/terminal.h"
#include "cli/command.h"
#include "cli/publisher_options.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture repo init /srv/suture --keys ~/suture-keys
  suture repo list /srv/suture                        what it offers, and until when it is valid
  suture repo renew /srv/suture --keys ~/suture-keys  at least once a day, from a timer
  suture repo key qualifier.pem                       the public half of a key, which is made if it is not there
)";

Json roles_json(const RepositoryState& state) {
  Json roles = Json::object();
  for (const RoleState& role : state.roles) {
    roles[tuf::role_name(role.role)] = {{"version", role.version}, {"expires", tuf::time_text(role.expires)}};
  }
  return roles;
}

void print_roles(const RepositoryState& state) {
  const auto now = std::chrono::system_clock::now();
  std::vector<std::vector<std::string>> rows;
  for (const RoleState& role : state.roles) {
    std::string expires = tuf::time_text(role.expires);
    if (role.expires <= now) expires += " " + coloured("expired", Colour::kRed);
    rows.push_back({tuf::role_name(role.role), std::to_string(role.version), std::move(expires)});
  }
  fmt::print("{}", table({"METADATA", "VERSION", "EXPIRES"}, rows));
}

void print_patchsets(const RepositoryState& state) {
  std::vector<std::vector<std::string>> rows;
  for (const AvailablePatchset& patchset : state.patchsets) {
    rows.push_back({patchset.channel, patchset.release, patchset.build_id, std::to_string(patchset.level),
                    human_size(patchset.module.length),
                    patchset.qualified() ? "yes" : coloured("no", Colour::kRed),
                    fmt::format("{}", fmt::join(patchset.cves, " "))});
  }
  if (rows.empty()) {
    fmt::print("no patchsets yet: `suture publish` adds one\n");
  } else {
    fmt::print("{}", table({"CHANNEL", "RELEASE", "BUILD-ID", "LEVEL", "SIZE", "QUALIFIED", "CVES"}, rows));
  }
}

Result<int> init(const PublisherOptions& options, bool json) {
  const PublisherContext context = TRY(publisher_context(options));
  const auto made = TRY(init_repository(context));
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
  fmt::print("give {} to each host, by a way that you trust; keep root.pem offline\n", root.string());
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
  print_patchsets(state);
  fmt::print("\n");
  print_roles(state);
  return kOk;
}

Result<int> renew(const PublisherOptions& options, bool json) {
  const auto waiting = TRY(renew_repository(TRY(publisher_context(options))));
  const RepositoryState state = TRY(read_repository(options.repository));
  if (json) {
    Json names = Json::array();
    for (const tuf::Role role : waiting) names.push_back(tuf::role_name(role));
    fmt::print("{}", json_text({{"metadata", roles_json(state)}, {"needs_key", std::move(names)}}));
    return kOk;
  }
  print_roles(state);
  for (const tuf::Role role : waiting) {
    fmt::print(stderr, "suture: the {0} metadata expire soon: renew once with {0}.pem in {1}\n",
               tuf::role_name(role), options.keys);
  }
  return kOk;
}

/// For repository.toml of others: who qualifies need not be who publishes.
Result<int> show_key(const std::filesystem::path& path, bool json) {
  std::error_code error;
  const bool made = !std::filesystem::exists(path, error);
  const Ed25519Private key = TRY(made ? Ed25519Private::generate() : Ed25519Private::load(path));
  if (made) TRY(key.save(path));
  if (json) {
    fmt::print("{}", json_text({{"key", path.string()}, {"made", made}, {"public", key.public_key().hex()}}));
  } else {
    fmt::print("{}\n", key.public_key().hex());
  }
  return kOk;
}

}  // namespace

void add_repo_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<PublisherOptions>();
  CLI::App& repo = *app.add_subcommand("repo", "Signed repositories: make, list, renew, keys");
  repo.require_subcommand(1);
  repo.fallthrough();
  repo.footer(kExamples);
  const auto add = [&](const char* name, const char* help,
                       Result<int> (*run)(const PublisherOptions&, bool)) {
    CLI::App* command = repo.add_subcommand(name, help);
    command->add_option("repository", options->repository, "The repository")->required()->type_name("FOLDER");
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(*options, invocation.json); };
    });
    return command;
  };
  add_publisher_options(*add("init", "Make a repository, and the keys that sign it", init), *options);
  add("list", "What it offers, and until when its metadata are valid", list);
  const auto key = std::make_shared<std::string>();
  CLI::App* show = repo.add_subcommand("key", "The public half of a key, which is made if it is not there");
  show->add_option("file", *key, "Private key")->required()->type_name("FILE");
  show->callback([&invocation, key] {
    invocation.action = [&invocation, key] { return show_key(*key, invocation.json); };
  });
  add_publisher_options(*add("renew", "Sign snapshot and timestamp anew before they expire", renew),
                        *options);
  add_repo_mok(repo, invocation);
}

}  // namespace suture::cli
