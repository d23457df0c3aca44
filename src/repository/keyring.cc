// SPDX-License-Identifier: Apache-2.0
#include "repository/keyring.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/json.h"
#include "base/process.h"
#include "repository/pkcs11_key.h"

namespace suture {
namespace fs = std::filesystem;
using tuf::PublicKey;
using tuf::Signer;
namespace {

constexpr std::size_t kLargestPublicKey = 16u << 10;
constexpr std::size_t kSignatureSize = 64;

std::string without_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  return text;
}

/// An encrypted file: opened when it has to sign, and not before.
class EncryptedFile : public Signer {
 public:
  EncryptedFile(std::string name, fs::path file, PublicKey key, Passphrase passphrase)
      : name_(std::move(name)),
        file_(std::move(file)),
        public_(std::move(key)),
        passphrase_(std::move(passphrase)) {}
  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override {
    if (!opened_) {
      std::string passphrase = TRY(passphrase_(name_, KeyUse::kOpen));
      auto key = tuf::SigningKey::load(file_, passphrase);
      OPENSSL_cleanse(passphrase.data(), passphrase.size());
      opened_ = TRY(std::move(key));
    }
    if (opened_->public_key().key != public_.key) {
      return fail("key.mismatch", "sign with " + file_.string(),
                  "the file beside it, " + name_ + ".pub, is of another key");
    }
    return opened_->sign(message);
  }

 private:
  std::string name_;
  fs::path file_;
  PublicKey public_;
  Passphrase passphrase_;
  mutable std::optional<tuf::SigningKey> opened_{};
};

class TokenSigner : public Signer {
 public:
  TokenSigner(SignerPlace place, PublicKey key) : place_(std::move(place)), public_(std::move(key)) {}
  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override {
    const Pkcs11Key key = TRY(Pkcs11Key::open(place_.pkcs11, place_.pin_file, place_.module));
    if (PublicKey{.id = public_.id, .key = key.public_key()} != public_) {
      return fail("key.mismatch", "sign with " + place_.pkcs11,
                  "the token's key is not the one that " + std::string(kPolicyFile) + " names");
    }
    return key.sign(message);
  }

 private:
  SignerPlace place_;
  PublicKey public_;
};

/// A program that gets the message on its standard input and answers with the signature: 64 bytes, or their
/// 128 hexadecimal digits.
class CommandSigner : public Signer {
 public:
  CommandSigner(SignerPlace place, PublicKey key) : place_(std::move(place)), public_(std::move(key)) {}
  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override {
    const Finished done = TRY(run_ok({.argv = place_.command,
                                      .environment = {{"SUTURE_KEY_ID", public_.id}},
                                      .input = std::string(as_text(message)),
                                      .timeout = std::chrono::seconds(300),
                                      .output_limit = 4096}));
    if (done.out.size() == kSignatureSize) return Bytes(done.out.begin(), done.out.end());
    auto bytes = from_hex(without_space(done.out));
    if (bytes && bytes->size() == kSignatureSize) return bytes;
    return fail("key.command", "sign with " + place_.command.front(),
                "it printed neither the 64 bytes of a signature nor their hexadecimal digits");
  }

 private:
  SignerPlace place_;
  PublicKey public_;
};

}  // namespace

Result<PublicKey> read_public_key(const fs::path& file) {
  const std::string text = TRY(read_text_file(file, kLargestPublicKey));
  const std::string what = "read the public key " + file.string();
  if (text.find('{') != std::string::npos) {
    const PublicKey key = TRY_IN(what, tuf::public_key_from_json("", TRY(parse_json(text, file.string()))));
    return tuf::named(key.key);
  }
  if (text.starts_with("-----BEGIN PUBLIC KEY")) {
    return tuf::named(TRY_IN(what, EcdsaP256Public::from_pem(text)));
  }
  return tuf::named(TRY_IN(what, Ed25519Public::from_hex(without_space(text))));
}

Result<Keyring> Keyring::open(const fs::path& folder, Passphrase passphrase) {
  Keyring keyring;
  keyring.folder_ = folder;
  keyring.passphrase_ = std::move(passphrase);
  if (folder.empty()) return keyring;
  TRY(keyring.add_files());
  TRY(keyring.add_others());
  return keyring;
}

Result<void> Keyring::add_files() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".pem" || path.filename() == kQualifierKey) continue;
    auto signer = open_file(path.stem());
    if (signer) {
      signers_.emplace(path.stem(), *std::move(signer));
    } else if (!problem_) {
      problem_ = std::move(signer).error();
    }
  }
  return {};
}

Result<std::shared_ptr<Signer>> Keyring::open_file(const std::string& name) const {
  const fs::path file = folder_ / (name + ".pem");
  const fs::path pub = folder_ / (name + ".pub");
  std::error_code error;
  if (TRY(Ed25519Private::is_encrypted(file)) && fs::exists(pub, error)) {
    return std::make_shared<EncryptedFile>(name, file, TRY(read_public_key(pub)), passphrase_);
  }
  return std::make_shared<tuf::SigningKey>(TRY(tuf::SigningKey::load(file)));
}

Result<void> Keyring::add_others() {
  const PublishingPolicy policy = TRY(read_policy(folder_));
  for (const auto& [name, place] : policy.signers) {
    const PublicKey key = tuf::named(place.key);
    if (signers_.contains(name)) {
      return fail("repository.policy", "read " + std::string(kPolicyFile),
                  "the key \"" + name + "\" is also a file, " + name + ".pem", "Rename one of them.");
    }
    if (place.command.empty()) {
      signers_.emplace(name, std::make_shared<TokenSigner>(place, key));
    } else {
      signers_.emplace(name, std::make_shared<CommandSigner>(place, key));
    }
  }
  return {};
}

Result<const Signer*> Keyring::find(const std::string& name) const {
  const auto found = signers_.find(name);
  if (found != signers_.end()) return found->second.get();
  if (problem_) return std::unexpected(*problem_);
  return fail("key.absent", "use the key \"" + name + "\"", "there is none in " + folder_.string(),
              "`suture repo key FOLDER/" + name + ".pem` makes one.");
}

std::vector<const Signer*> Keyring::all() const {
  std::vector<const Signer*> signers;
  for (const auto& [name, signer] : signers_) signers.push_back(signer.get());
  return signers;
}

std::vector<const Signer*> Keyring::of(const tuf::RoleKeys& role) const {
  std::vector<const Signer*> able;
  for (const auto& [name, signer] : signers_) {
    if (role.key_ids.contains(signer->public_key().id)) able.push_back(signer.get());
  }
  return able;
}

std::string Keyring::name_of(const std::string& key_id) const {
  for (const auto& [name, signer] : signers_) {
    if (signer->public_key().id == key_id) return name;
  }
  return {};
}

Result<PublicKey> Keyring::make(const std::string& name) {
  const fs::path file = folder_ / (name + ".pem");
  std::error_code error;
  if (fs::exists(file, error)) {
    return fail("key.exists", "make the key " + file.string(), "there is one already");
  }
  const tuf::SigningKey key = TRY(tuf::SigningKey::generate());
  std::string passphrase = TRY(passphrase_(name, KeyUse::kMake));
  const auto saved = key.save(file, passphrase);
  OPENSSL_cleanse(passphrase.data(), passphrase.size());
  TRY(saved);
  TRY(write_file(folder_ / (name + ".pub"), std::get<Ed25519Public>(key.public_key().key).hex() + "\n"));
  signers_.emplace(name, std::make_shared<tuf::SigningKey>(key));
  return key.public_key();
}

}  // namespace suture
