// SPDX-License-Identifier: Apache-2.0
//
// The keys that a person has for a repository: a folder, apart from the repository.
//
//   NAME.pem          an Ed25519 private key (PKCS #8), plain or encrypted
//   NAME.pub          its public half, as 64 hexadecimal digits: so that an encrypted one need not be opened
//   repository.toml   may name others (policy.h): in a PKCS #11 token, or behind a program
//
// What a key is for, the repository's metadata say; its name is for people. The private half is not touched
// before there is something to sign.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "repository/delegation.h"
#include "repository/key.h"
#include "repository/policy.h"

namespace suture {

enum class KeyUse { kOpen, kMake };

/// What opens an encrypted key, or what a new one is to be encrypted with (empty: not at all). Called once
/// for each key that is used.
using Passphrase = std::function<Result<std::string>(const std::string& key_name, KeyUse use)>;

class Keyring {
 public:
  /// A folder that is not there holds no keys; nor does the empty path.
  static Result<Keyring> open(const std::filesystem::path& folder, Passphrase passphrase);

  /// "key.absent" when there is none of that name.
  Result<const tuf::Signer*> find(const std::string& name) const;
  std::vector<const tuf::Signer*> all() const;
  /// Those that may sign for a role.
  std::vector<const tuf::Signer*> of(const tuf::RoleKeys& role) const;
  bool suffices(const tuf::RoleKeys& role) const {
    return static_cast<std::int64_t>(of(role).size()) >= role.threshold;
  }
  /// The name of the key with this id; empty when it is not here.
  std::string name_of(const std::string& key_id) const;
  /// What is wrong with files here that could not be used: the first such error.
  const std::optional<Error>& problem() const { return problem_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// Makes a key NAME.pem, encrypted if `passphrase` gives one.
  Result<tuf::PublicKey> make(const std::string& name);

 private:
  Result<void> add_files();
  Result<void> add_others();
  Result<std::shared_ptr<tuf::Signer>> open_file(const std::string& name) const;

  std::filesystem::path folder_{};
  Passphrase passphrase_{};
  std::map<std::string, std::shared_ptr<tuf::Signer>> signers_{};
  std::optional<Error> problem_{};
};

/// From a file ("repository.toml"'s form): 64 hexadecimal digits, a PEM key, or JSON as metadata have it.
Result<tuf::PublicKey> read_public_key(const std::filesystem::path& file);

}  // namespace suture
