// SPDX-License-Identifier: Apache-2.0
//
// With tokens of SoftHSM, which keeps them in files and speaks PKCS #11 as a smart card does.
#include "repository/pkcs11_key.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "base/process.h"
#include "make.h"
#include "repository/log_checkpoint.h"
#include "softhsm.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::must;

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";
const std::string kPin = "wholly-secret-4711";

/// A folder with tokens, which this process and pkcs11-tool use while it lives.
class Tokens {
 public:
  Tokens() {
    EXPECT_TRUE(fs::exists(kModule)) << "scripts/setup.sh --test installs SoftHSM";
    must(make_directories(folder_.path() / "tokens"));
    must(write_file(
        folder_.path() / "softhsm2.conf",
        "directories.tokendir = " + (folder_.path() / "tokens").string() + "\nlog.level = ERROR\n"));
    ::setenv("SOFTHSM2_CONF", (folder_.path() / "softhsm2.conf").c_str(), 1);
    add("Repository");
  }
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;
  ~Tokens() { ::unsetenv("SOFTHSM2_CONF"); }

  void add(const std::string& label) const {
    must(run_ok({.argv = {"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", kPin,
                          "--so-pin", "for the officer"}}));
  }
  void tool(std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {"pkcs11-tool", "--module", kModule, "--token-label",
                                     "Repository",  "--pin",    kPin};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    must(run_ok({.argv = std::move(argv)}));
  }
  void make_key(const std::string& label, const std::string& id,
                const std::string& type = "EC:edwards25519") const {
    tool({"--keypairgen", "--key-type", type, "--label", label, "--id", id});
  }
  fs::path file(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    must(write_file(folder_.path() / name, text, mode));
    return folder_.path() / name;
  }

 private:
  TempDir folder_ = test::scratch();
};

std::string address(const std::string& path, const std::string& query = "?pin-value=" + kPin) {
  return "pkcs11:token=Repository" + path + query;
}

Result<Pkcs11Key> open_with_softhsm(const std::string& uri, const fs::path& pin_file = {}) {
  return Pkcs11Key::open(uri, pin_file, kModule);
}

std::string opening(const std::string& uri, const fs::path& pin_file = {}) {
  const auto key = open_with_softhsm(uri, pin_file);
  if (!key) {
    EXPECT_THAT(key.error().message(), testing::Not(testing::HasSubstr("secret")));
  }
  return code(key);
}

/// SoftHSM 2.6.1 leaks the public point that it decodes for each signature, in its C_SignInit().
Result<Bytes> sign_with(const Pkcs11Key& key, ByteView message) {
  const test::SoftHsmLeaks theirs;
  return key.sign(message);
}

TEST(Pkcs11Key, SignsAsItsPublicKeySays) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  const Pkcs11Key key = must(open_with_softhsm(address(";object=log")));
  for (const std::string& message : {std::string(), std::string("text"), std::string(100'000, 'x')}) {
    const Bytes signature = must(sign_with(key, as_bytes(message)));
    EXPECT_EQ(signature.size(), 64u);
    EXPECT_TRUE(key.public_key().verifies(as_bytes(message), signature));
    EXPECT_FALSE(key.public_key().verifies(as_bytes(message + "!"), signature));
  }
}

TEST(Pkcs11Key, SignsCheckpoints) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  const Pkcs11Key key = must(open_with_softhsm(address(";object=log")));
  const Checkpoint checkpoint{"example.com/log", 3, leaf_hash({})};
  const std::string note = must(sign_checkpoint(checkpoint, key.public_key(),
                                                [&](ByteView message) { return sign_with(key, message); }));
  EXPECT_EQ(must(open_checkpoint(note, key.public_key())), checkpoint);
}

TEST(Pkcs11Key, IsTheOneThatTheAddressNames) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  tokens.make_key("root", "02");
  tokens.make_key("root", "03");
  tokens.make_key("other curve", "04", "EC:prime256v1");
  const Ed25519Public log = must(open_with_softhsm(address(";object=log"))).public_key();
  const Ed25519Public root = must(open_with_softhsm(address(";id=%02"))).public_key();
  EXPECT_NE(log, root);
  EXPECT_EQ(must(open_with_softhsm(address(";id=%01"))).public_key(), log);
  EXPECT_EQ(must(open_with_softhsm(address(";object=root;id=%02;type=private"))).public_key(), root);
  EXPECT_EQ(opening(address(";object=root")), "key.token-ambiguous");
  EXPECT_EQ(opening(address("")), "key.token-ambiguous");
  EXPECT_EQ(opening(address(";object=log;id=%02")), "key.token-no-key");
  EXPECT_EQ(opening(address(";object=none")), "key.token-no-key");
  EXPECT_EQ(opening(address(";object=other%20curve")), "key.token-no-key");
}

TEST(Pkcs11Key, IsOnTheTokenThatTheAddressNames) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  EXPECT_EQ(opening("pkcs11:token=Elsewhere;object=log?pin-value=" + kPin), "key.token-absent");
  EXPECT_EQ(opening("pkcs11:object=log?pin-value=" + kPin), "ok");
  EXPECT_EQ(opening("pkcs11:slot-id=987654;object=log?pin-value=" + kPin), "key.token-absent");
  tokens.add("Second");
  EXPECT_EQ(opening("pkcs11:object=log?pin-value=" + kPin), "key.token-ambiguous");
  EXPECT_EQ(opening("pkcs11:token=Second;object=log?pin-value=" + kPin), "key.token-no-key");
  EXPECT_EQ(opening(address(";object=log")), "ok");
}

TEST(Pkcs11Key, NeedsItsPublicHalf) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  tokens.make_key("spare", "02");
  tokens.tool({"--login", "--delete-object", "--type", "pubkey", "--id", "01"});
  EXPECT_EQ(opening(address(";object=log")), "key.token-no-key");
  EXPECT_EQ(opening(address(";object=spare")), "ok");
}

TEST(Pkcs11Key, HandsOutNoSignatureThatItsPublicHalfRefuses) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  tokens.make_key("other", "02");
  tokens.tool({"--login", "--delete-object", "--type", "pubkey", "--id", "01"});
  tokens.tool({"--login", "--set-id", "01", "--type", "pubkey", "--id", "02"});
  const Pkcs11Key key = must(open_with_softhsm(address(";object=log")));
  EXPECT_EQ(code(sign_with(key, as_bytes("text"))), "key.token-failed");
}

TEST(Pkcs11Key, TakesThePinFromWhereItIsTold) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  const std::string bare = address(";object=log", "");
  const fs::path pin = tokens.file("pin", kPin + "\n");
  EXPECT_EQ(opening(bare, pin), "ok");
  EXPECT_EQ(opening(bare, tokens.file("pin without a line's end", kPin)), "ok");
  EXPECT_EQ(opening(bare + "?pin-source=" + pin.string()), "ok");
  EXPECT_EQ(opening(bare + "?pin-source=file:" + pin.string()), "ok");
  EXPECT_EQ(opening(bare + "?pin-source=file://" + pin.string()), "ok");
  // The file goes before the address.
  EXPECT_EQ(opening(bare + "?pin-value=wrong-secret", pin), "ok");
}

TEST(Pkcs11Key, RefusesAWrongPinAndDoesNotTellIt) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  const std::string bare = address(";object=log", "");
  EXPECT_EQ(opening(bare), "key.token-pin");
  EXPECT_EQ(opening(bare + "?pin-value=wrong-secret"), "key.token-pin");
  EXPECT_EQ(opening(bare, tokens.file("wrong", "wrong-secret\n")), "key.token-pin");
  EXPECT_EQ(opening(bare, tokens.file("empty", "")), "key.token-pin");
  EXPECT_EQ(opening(bare, tokens.file("open", kPin, 0644)), "key.exposed");
  EXPECT_EQ(opening(bare, "/nonexistent"), "key.absent");
  EXPECT_EQ(opening(bare + "?pin-source=relative"), "key.token-pin");
  EXPECT_EQ(opening(bare + "?pin-source=%7Ccat"), "key.token-pin");
}

TEST(Pkcs11Key, RefusesWhatIsNoAddress) {
  const Tokens tokens;
  for (const char* uri : {"", "log.pem", "pkcs11:token=%", "pkcs11:colour=red;pin-value=secret",
                          "pkcs11:token=Repository?pin-value=%secret"}) {
    EXPECT_EQ(opening(uri), "key.token-uri") << uri;
  }
}

TEST(Pkcs11Key, UsesTheModuleThatIsMeant) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  EXPECT_EQ(code(Pkcs11Key::open(address(";object=log"), {}, "/nonexistent.so")), "key.token-module");
  EXPECT_EQ(code(Pkcs11Key::open(address(";object=log"), {}, "/proc/self/exe")), "key.token-module");
  EXPECT_EQ(code(Pkcs11Key::open(address(";object=log") + "&module-path=" + kModule)), "ok");
  // SoftHSM's package configures it for p11-kit.
  EXPECT_EQ(code(Pkcs11Key::open(address(";object=log"))), "ok");
  EXPECT_EQ(code(Pkcs11Key::open("pkcs11:token=Nowhere")), "key.token-absent");
}

TEST(Pkcs11Key, LivesAsLongAsACopy) {
  const Tokens tokens;
  tokens.make_key("log", "01");
  std::optional<Pkcs11Key> first = must(open_with_softhsm(address(";object=log")));
  const Pkcs11Key copy = *first;
  const Pkcs11Key second = must(open_with_softhsm(address(";id=%01")));
  first.reset();
  EXPECT_TRUE(sign_with(copy, as_bytes("text")));
  EXPECT_TRUE(sign_with(second, as_bytes("text")));
}

}  // namespace
}  // namespace suture
