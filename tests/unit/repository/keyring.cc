// SPDX-License-Identifier: Apache-2.0
//
// Keys where people have them: plain and encrypted files, tokens, and programs that sign.
#include "repository/keyring.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/json.h"
#include "base/process.h"
#include "make.h"
#include "repository/pkcs11_key.h"
#include "softhsm.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::code;
using test::must;

class KeyringTest : public testing::Test {
 protected:
  Passphrase says(const std::string& word) {
    return [this, word](const std::string& name, KeyUse) -> Result<std::string> {
      asked.push_back(name);
      return word;
    };
  }
  Keyring open(const std::string& word = {}) { return must(Keyring::open(folder.path(), says(word))); }
  void set_policy(const std::string& text) { must(write_file(folder.path() / kPolicyFile, text)); }
  fs::path script(const std::string& text) {
    must(write_file(folder.path() / "sign.sh", "#!/bin/sh\n" + text, 0700));
    return folder.path() / "sign.sh";
  }
  void name_command(const tuf::PublicKey& key, const fs::path& program) {
    set_policy("[signer.cloud]\npublic = \"" + std::get<Ed25519Public>(key.key).hex() + "\"\ncommand = [\"" +
               program.string() + "\"]\n");
  }

  TempDir folder = test::scratch();
  Bytes message = bytes_of("message");
  std::vector<std::string> asked;
};

TEST_F(KeyringTest, AFolderThatIsNotThereHoldsNoKeys) {
  const Keyring keyring = must(Keyring::open(folder.path() / "absent", says("")));
  EXPECT_TRUE(keyring.all().empty());
  EXPECT_EQ(code(keyring.find("root")), "key.absent");
}

TEST_F(KeyringTest, MakesKeysThatAreThereTheNextTime) {
  const tuf::PublicKey key = must(open().make("root"));
  Keyring keyring = open();
  EXPECT_EQ(must(keyring.find("root"))->public_key(), key);
  EXPECT_EQ(keyring.name_of(key.id), "root");
  EXPECT_EQ(keyring.name_of("another"), "");
  EXPECT_EQ(code(keyring.make("root")), "key.exists");
  EXPECT_EQ(keyring.of({{key.id, "another"}, 1}).size(), 1u);
  EXPECT_TRUE(keyring.suffices({{key.id, "another"}, 1}));
  EXPECT_FALSE(keyring.suffices({{key.id, "another"}, 2}));
  EXPECT_EQ(must(read_public_key(folder.path() / "root.pub")), key);
}

TEST_F(KeyringTest, AnEncryptedKeyIsOpenedOnlyToSignAndOnlyOnce) {
  const tuf::PublicKey key = must(open("horse").make("root"));
  EXPECT_THAT(must(read_text_file(folder.path() / "root.pem")), testing::HasSubstr("ENCRYPTED"));
  asked.clear();
  const Keyring keyring = open("horse");
  const tuf::Signer& signer = *must(keyring.find("root"));
  EXPECT_EQ(signer.public_key(), key);
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(key.verifies(message, must(signer.sign(message))));
  EXPECT_TRUE(key.verifies(message, must(signer.sign(message))));
  EXPECT_EQ(asked, std::vector<std::string>{"root"});
}

TEST_F(KeyringTest, AWrongPassphraseSignsNothingAndIsNotShown) {
  must(open("horse").make("root"));
  const Keyring keyring = open("secret-donkey");
  const auto signature = must(keyring.find("root"))->sign(message);
  EXPECT_EQ(code(signature), "key.passphrase");
  EXPECT_THAT(signature.error().message(), testing::Not(testing::HasSubstr("donkey")));
}

TEST_F(KeyringTest, APublicHalfOfAnotherKeyIsFoundOut) {
  must(open("horse").make("root"));
  must(open("horse").make("other"));
  fs::copy_file(folder.path() / "other.pub", folder.path() / "root.pub",
                fs::copy_options::overwrite_existing);
  const Keyring keyring = open("horse");
  EXPECT_EQ(code(must(keyring.find("root"))->sign(message)), "key.mismatch");
}

TEST_F(KeyringTest, AFileThatOthersMayReadIsNotUsedAndTheRestIs) {
  must(open().make("root"));
  must(open().make("targets"));
  fs::permissions(folder.path() / "root.pem", fs::perms(0644));
  const Keyring keyring = open();
  EXPECT_EQ(code(keyring.find("root")), "key.exposed");
  EXPECT_EQ(keyring.problem().value().code, "key.exposed");
  EXPECT_TRUE(keyring.find("targets"));
}

TEST_F(KeyringTest, AProgramSigns) {
  const tuf::PublicKey key = must(open().make("root"));
  fs::rename(folder.path() / "root.pem", folder.path() / "hidden");
  name_command(key, script("cat > '" + (folder.path() / "message").string() +
                           "'\nexec openssl pkeyutl -sign -rawin "
                           "-inkey '" +
                           (folder.path() / "hidden").string() + "' -in '" +
                           (folder.path() / "message").string() + "'\n"));
  const Keyring keyring = open();
  const tuf::Signer& signer = *must(keyring.find("cloud"));
  EXPECT_EQ(signer.public_key(), key);
  EXPECT_TRUE(key.verifies(message, must(signer.sign(message))));
}

TEST_F(KeyringTest, AProgramMayAnswerInHexadecimalDigitsAndLearnsTheKey) {
  const tuf::PublicKey key = must(open().make("root"));
  const Bytes signature = must(must(open().find("root"))->sign(message));
  name_command(key, script("test \"$SUTURE_KEY_ID\" = " + key.id + " && echo " + to_hex(signature) + "\n"));
  EXPECT_EQ(must(must(open().find("cloud"))->sign(message)), signature);
}

TEST_F(KeyringTest, AProgramThatFailsOrBabblesSignsNothing) {
  const tuf::PublicKey key = must(open().make("root"));
  name_command(key, script("echo hello\n"));
  EXPECT_EQ(code(must(open().find("cloud"))->sign(message)), "key.command");
  name_command(key, script("echo no >&2; exit 3\n"));
  EXPECT_NE(code(must(open().find("cloud"))->sign(message)), "ok");
  name_command(key, script("yes\n"));
  EXPECT_NE(code(must(open().find("cloud"))->sign(message)), "ok");
}

TEST_F(KeyringTest, OneNameIsOneKey) {
  const tuf::PublicKey key = must(open().make("cloud"));
  name_command(key, script("true"));
  EXPECT_EQ(code(Keyring::open(folder.path(), says(""))), "repository.policy");
}

TEST_F(KeyringTest, ATokenSigns) {
  constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";
  ASSERT_TRUE(fs::exists(kModule)) << "scripts/setup.sh --test installs SoftHSM";
  must(make_directories(folder.path() / "tokens"));
  must(write_file(folder.path() / "softhsm2.conf",
                  "directories.tokendir = " + (folder.path() / "tokens").string() + "\nlog.level = ERROR\n"));
  ::setenv("SOFTHSM2_CONF", (folder.path() / "softhsm2.conf").c_str(), 1);
  must(run_ok({.argv = {"softhsm2-util", "--init-token", "--free", "--label", "Vault", "--pin", "4711",
                        "--so-pin", "for the officer"}}));
  must(run_ok({.argv = {"pkcs11-tool", "--module", kModule, "--token-label", "Vault", "--pin", "4711",
                        "--keypairgen", "--key-type", "EC:edwards25519", "--label", "root", "--id", "01"}}));
  must(write_file(folder.path() / "pin", std::string_view("4711\n"), 0600));
  const std::string uri = "pkcs11:token=Vault;object=root";
  const Ed25519Public key = must(Pkcs11Key::open(uri, folder.path() / "pin", kModule)).public_key();
  const auto place = [&](const std::string& hex) {
    set_policy("[signer.root]\npublic = \"" + hex + "\"\npkcs11 = \"" + uri + "\"\npin_file = \"" +
               (folder.path() / "pin").string() + "\"\nmodule = \"" + kModule + "\"\n");
  };
  const auto sign = [&] {
    const test::SoftHsmLeaks theirs;
    return must(open().find("root"))->sign(message);
  };
  place(key.hex());
  EXPECT_TRUE(key.verifies(message, must(sign())));
  place(std::string(64, '0'));
  EXPECT_EQ(code(sign()), "key.mismatch");
  ::unsetenv("SOFTHSM2_CONF");
}

TEST_F(KeyringTest, ReadsPublicKeysInEachOfTheirForms) {
  const tuf::PublicKey key = must(open().make("root"));
  const fs::path file = folder.path() / "public";
  must(write_file(file, json_text(tuf::to_json(key))));
  EXPECT_EQ(must(read_public_key(file)), key);
  must(write_file(file, "  " + std::get<Ed25519Public>(key.key).hex() + "\r\n"));
  EXPECT_EQ(must(read_public_key(file)), key);
  for (const char* text : {"", "abc", "{}", "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n"}) {
    must(write_file(file, std::string_view(text)));
    EXPECT_FALSE(read_public_key(file)) << text;
  }
}

}  // namespace
}  // namespace suture
