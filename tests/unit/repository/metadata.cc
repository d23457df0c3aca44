// SPDX-License-Identifier: Apache-2.0
#include "repository/metadata.h"

#include "base/json.h"
#include "fetch/http_fetcher.h"
#include "make.h"
#include "repository/canonical_json.h"
#include "repository/layout.h"

namespace suture::tuf {
namespace {

using test::code;
using test::kLater;
using test::must;

TEST(CanonicalJson, SortsAndEscapesAsTufWantsIt) {
  const Json json = must(parse_json(R"({"b": [1, true, null], "a": "x\"\\\n", "é": -7})", "test"));
  EXPECT_EQ(must(canonical_json(json)), "{\"a\":\"x\\\"\\\\\n\",\"b\":[1,true,null],\"\u00e9\":-7}");
  EXPECT_EQ(code(canonical_json(1.5)), "repository.not-canonical");
}

// The public key and signature of RFC 8032, section 7.1, test 3.
TEST(Key, VerifiesAKnownSignature) {
  const std::string point = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
  const Json json = {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", {{"public", point}}}};
  const PublicKey key = must(public_key_from_json("id", json));
  const Bytes signature =
      must(from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"));
  EXPECT_TRUE(key.verifies(Bytes{0xaf, 0x82}, signature));
  EXPECT_FALSE(key.verifies(Bytes{0xaf, 0x83}, signature));
  EXPECT_FALSE(key.verifies(Bytes{0xaf, 0x82}, ByteView(signature).first(63)));
  EXPECT_FALSE(key.verifies(Bytes{0xaf, 0x82}, {}));
  EXPECT_EQ(to_json(key), json);
}

TEST(Key, SurvivesItsFile) {
  const TempDir folder = test::scratch();
  const SigningKey key = must(SigningKey::generate());
  ASSERT_TRUE(key.save(folder.path() / "key.pem"));
  EXPECT_EQ(must(SigningKey::load(folder.path() / "key.pem")).public_key(), key.public_key());
  EXPECT_EQ(code(SigningKey::load(folder.path() / "absent.pem")), "key.absent");
  ASSERT_TRUE(write_file(folder.path() / "bad.pem", "no key", 0600));
  EXPECT_EQ(code(SigningKey::load(folder.path() / "bad.pem")), "key.malformed");
}

TEST(Metadata, ComesBackAsItWasWritten) {
  const Targets targets{3, kLater, {{"a/b", {7, std::string(64, 'e'), {{"level", 1}}}}}, {}};
  EXPECT_EQ(to_json(must(targets_from_json(to_json(targets)))), to_json(targets));
  const Root root = test::Signers().root(2);
  EXPECT_EQ(to_json(must(root_from_json(to_json(root)))), to_json(root));
}

TEST(Metadata, RefusesPathsThatLeadElsewhere) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a\\b", "a\nb"}) {
    const Targets targets{1, kLater, {{path, {1, std::string(64, 'e'), nullptr}}}, {}};
    EXPECT_EQ(code(targets_from_json(to_json(targets))), "repository.malformed") << path;
  }
}

TEST(Metadata, RefusesFieldsOutOfRange) {
  const Json good = to_json(test::Signers().root());
  const auto with = [&](const char* pointer, Json value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = std::move(value);
    return code(root_from_json(json));
  };
  EXPECT_EQ(with("/version", 0), "repository.malformed");
  EXPECT_EQ(with("/version", "1"), "json.schema");
  EXPECT_EQ(with("/version", UINT64_MAX), "json.schema");
  EXPECT_EQ(with("/roles/root/threshold", 0), "repository.malformed");
  EXPECT_EQ(with("/roles/root/keyids", {"a", "a"}), "repository.malformed");
  EXPECT_EQ(with("/consistent_snapshot", false), "repository.malformed");
  EXPECT_EQ(with("/spec_version", "2.0.0"), "repository.spec-version");
  // Others name keys otherwise than we do; one key under two names is still one (verifier.cc).
  EXPECT_EQ(with("/keys/abc", to_json(must(SigningKey::generate()).public_key())), "ok");
  EXPECT_EQ(
      with("/keys/abc", {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", {{"public", "ab"}}}}),
      "key.malformed");
  EXPECT_EQ(with("/keys/abc", {{"keytype", "rsa"}, {"scheme", "pss"}}), "ok");
}

TEST(Layout, NamesEachThingOnce) {
  const Stream stream{"stable", "debian"};
  EXPECT_EQ(stream_role(stream), "stable~debian");
  EXPECT_EQ(bin_role(stream, 63, 64), "stable~debian~3f");
  EXPECT_EQ(bin_role(stream, 3, 16), "stable~debian~3");
  EXPECT_EQ(must(stream_of_role("stable~debian")), stream);
  EXPECT_EQ(must(stream_of_role("stable~debian~3f")), stream);
  EXPECT_EQ(catalog_path(stream, "ab12cd34"), "stable/debian/ab12cd34/catalog.json");
  EXPECT_EQ(stored_path("stable/debian/ab12cd34/catalog.json", "f00"),
            "targets/stable/debian/ab12cd34/f00.catalog.json");
  EXPECT_EQ(payload_path("ab12cd34", 42, "f00", "x.ko"), "patchsets/ab12cd34/000042/f00.x.ko");
}

TEST(Layout, RefusesWhatCannotStandInAPath) {
  EXPECT_EQ(code(check_payload_place("ab12cd34", 1, "x.ko")), "ok");
  EXPECT_EQ(code(check_payload_place("ab12cd34", 0, "x.ko")), "repository.bad-level");
  EXPECT_EQ(code(check_payload_place("ab12cd34", 1'000'000, "x.ko")), "repository.bad-level");
  for (const char* bad : {"", "..", "AB12CD34", "ab12", "ab12cd3/", "ab12cd3."}) {
    EXPECT_EQ(code(check_payload_place(bad, 1, "x.ko")), "repository.malformed") << bad;
  }
  for (const char* bad : {"", ".", "..", ".x", "a/b", "a\\b", "a b", "a\n"}) {
    EXPECT_EQ(code(check_payload_place("ab12cd34", 1, bad)), "repository.malformed") << bad;
  }
  for (const char* bad : {"", "log", "stable", "stable~", "~debian", "Stable~debian", "a/b~debian"}) {
    EXPECT_EQ(code(stream_of_role(bad)), "repository.bad-role") << bad;
  }
  EXPECT_EQ(code(check_stream({"stable", "a/b"})), "repository.bad-distribution");
}

TEST(HttpFetcher, ReadsFilesWithinBounds) {
  const TempDir folder = test::scratch();
  ASSERT_TRUE(write_file(folder.path() / "metadata/a+b %.json", "12345"));
  HttpFetcher fetcher = must(HttpFetcher::open("file://" + folder.path().string() + "/"));
  EXPECT_EQ(as_text(must(fetcher.fetch("metadata/a+b %.json", 5))), "12345");
  EXPECT_EQ(code(fetcher.fetch("metadata/a+b %.json", 4)), "repository.too-large");
  EXPECT_EQ(code(fetcher.fetch("metadata/absent.json", 5)), "repository.absent");
}

TEST(HttpFetcher, SaysWhyAServerIsAway) {
  EXPECT_EQ(code(HttpFetcher::open("ftp://127.0.0.1")), "repository.bad-url");
  HttpFetcher fetcher = must(HttpFetcher::open("http://127.0.0.1:1"));
  EXPECT_EQ(code(fetcher.fetch("metadata/timestamp.json", 5)), "repository.unreachable");
}

}  // namespace
}  // namespace suture::tuf
