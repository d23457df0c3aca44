// SPDX-License-Identifier: Apache-2.0
//
// `suture repo`: whose keys count, and signatures that are made elsewhere.
#include <fmt/format.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/repo.h"
#include "repository/change.h"
#include "repository/renewal.h"
#include "repository/role_keys.h"

namespace suture::cli {
namespace {

struct RoleOptions : PublisherOptions {
  std::string role;
  std::vector<std::string> add;
  std::vector<std::string> remove;
  std::int64_t threshold = 0;
  std::string name;
};

struct SignOptions : PublisherOptions {
  std::string change;
  std::vector<std::string> only;
};

struct KeyOptions : PublisherOptions {
  std::string file;
};

int tell_roles(const RoleOptions& options, const Committed& committed, bool json) {
  if (json) {
    fmt::print("{}", json_text({{"role", options.role}, {"committed", to_json(committed, options)}}));
    return kOk;
  }
  if (committed.published) fmt::print("the keys of {} are changed\n", options.role);
  return tell_committed(committed, options);
}

Result<int> change_keys(const RoleOptions& options, bool json) {
  KeyChange change{.role = options.role, .remove = options.remove};
  for (const std::string& file : options.add) change.add.push_back(TRY(read_public_key(file)));
  if (options.threshold > 0) change.threshold = options.threshold;
  const Committed committed = TRY(change_role_keys(TRY(publisher_context(options)), change));
  return tell_roles(options, committed, json);
}

Result<int> rotate(const RoleOptions& options, bool json) {
  const Rotated rotated = TRY(rotate_role(TRY(publisher_context(options)), options.role, options.name));
  if (!json) fmt::print("the key {} takes the place of those before\n", rotated.name);
  return tell_roles(options, rotated.committed, json);
}

Result<int> sign(const SignOptions& options, bool json) {
  Change change = TRY(parse_change(TRY(read_text_file(options.change, kMostChange))));
  if (!json) {
    for (const std::string& line : describe(change)) fmt::print("{}\n", line);
  }
  const Keyring keyring = TRY(Keyring::open(options.keys, passphrase_of(options)));
  Json signatures = Json::object();
  for (auto& [role, document] : change.documents) signatures[role] = Json::array();
  std::size_t count = 0;
  for (const tuf::Signer* signer : keyring.all()) {
    const std::string name = keyring.name_of(signer->public_key().id);
    if (!options.only.empty() && std::ranges::find(options.only, name) == options.only.end()) continue;
    for (const std::string& role : TRY(add_signatures(change, *signer))) {
      signatures[role].push_back(name);
      count++;
      if (!json) fmt::print("signed {} with {}\n", role, name);
    }
  }
  if (count == 0) {
    if (keyring.problem()) return std::unexpected(*keyring.problem());
    return fail("repository.no-key", "sign " + options.change,
                "no key in " + options.keys + " is asked for, or they have signed already");
  }
  TRY(write_file(options.change, change_text(change)));
  if (json) fmt::print("{}", json_text({{"signed", std::move(signatures)}}));
  return kOk;
}

Result<int> apply(const SignOptions& options, bool json) {
  const Change change = TRY(parse_change(TRY(read_text_file(options.change, kMostChange))));
  const Committed committed = TRY(apply_change(TRY(publisher_context(options)), change));
  if (json) {
    fmt::print("{}", json_text({{"committed", to_json(committed, options)}}));
  } else {
    fmt::print("published\n");
  }
  return kOk;
}

/// For repository.toml of others, for add-key, and for who qualifies.
Result<int> show_key(const KeyOptions& options, bool json) {
  std::error_code error;
  const bool made = !std::filesystem::exists(options.file, error);
  const std::string name = std::filesystem::path(options.file).stem();
  const Passphrase passphrase = passphrase_of(options);
  std::string words;
  if (made || TRY(Ed25519Private::is_encrypted(options.file))) {
    words = TRY(passphrase(name, made ? KeyUse::kMake : KeyUse::kOpen));
  }
  const Ed25519Private key =
      TRY(made ? Ed25519Private::generate() : Ed25519Private::load(options.file, words));
  if (made) TRY(key.save(options.file, words));
  if (json) {
    fmt::print("{}", json_text({{"key", options.file}, {"made", made}, {"public", key.public_key().hex()}}));
  } else {
    fmt::print("{}\n", key.public_key().hex());
  }
  return kOk;
}

}  // namespace

void add_repo_roles(CLI::App& repo, Invocation& invocation) {
  const auto roles = std::make_shared<RoleOptions>();
  const auto role_command = [&](const char* name, const char* help,
                                Result<int> (*run)(const RoleOptions&, bool)) {
    CLI::App& command = add_subcommand(repo, invocation, name, help, roles, run);
    command.add_option("repository", roles->repository, "The repository")->required()->type_name("FOLDER");
    command.add_option("role", roles->role, "root, targets, snapshot, timestamp, log, or a channel")
        ->required()
        ->type_name("ROLE");
    add_publisher_options(command, *roles);
    return &command;
  };
  CLI::App* added =
      role_command("add-key", "Let further keys sign for a role, or change how many have to", change_keys);
  added->add_option("--key", roles->add, "A public key: hexadecimal, PEM (ECDSA P-256) or JSON")
      ->type_name("FILE");
  const auto threshold = [&](CLI::App* command) {
    command->add_option("--threshold", roles->threshold, "How many of its keys have to sign")
        ->check(CLI::Range(1, 100))
        ->type_name("NUMBER");
  };
  threshold(added);
  CLI::App* removed = role_command("remove-key", "Let keys no longer sign for a role", change_keys);
  removed->add_option("--key-id", roles->remove, "The key, or how its id begins")
      ->type_name("ID")
      ->required();
  threshold(removed);
  CLI::App* rotated = role_command("rotate", "A new key in the place of all that a role has", rotate);
  rotated->add_option("--name", roles->name, "What the new key is called, or one that is there")
      ->type_name("NAME");
  add_encrypt_option(*rotated, *roles);

  const auto signing = std::make_shared<SignOptions>();
  CLI::App& signs = add_subcommand(
      repo, invocation, "sign", "With offline keys: show what a request changes, and sign it", signing, sign);
  signs.add_option("change", signing->change, "File that --request wrote")->required()->type_name("FILE");
  signs.add_option("--keys", signing->keys, "Folder of the signing keys")->required()->type_name("FOLDER");
  signs.add_option("--passphrase-file", signing->passphrase_file, "Its first line opens encrypted keys")
      ->type_name("FILE");
  signs.add_option("--key", signing->only, "Only with this key; may be repeated")->type_name("NAME");
  CLI::App& applies =
      add_subcommand(repo, invocation, "apply", "Publish a request that came back signed", signing, apply);
  applies.add_option("repository", signing->repository, "The repository")->required()->type_name("FOLDER");
  applies.add_option("change", signing->change, "The request")->required()->type_name("FILE");
  add_publisher_options(applies, *signing);

  const auto key = std::make_shared<KeyOptions>();
  CLI::App& shown = add_subcommand(
      repo, invocation, "key", "The public half of a key, which is made if it is not there", key, show_key);
  shown.add_option("file", key->file, "Private key")->required()->type_name("FILE");
  shown.add_option("--passphrase-file", key->passphrase_file, "Its first line opens an encrypted key")
      ->type_name("FILE");
  add_encrypt_option(shown, *key);
}

}  // namespace suture::cli
