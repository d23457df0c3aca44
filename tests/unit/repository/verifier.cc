// SPDX-License-Identifier: Apache-2.0
//
// Each rule of the client workflow (TUF specification 1.0, 5.3 to 5.7), and each attack it stands against.
#include "repository/verifier.h"

#include "base/json.h"
#include "make.h"

namespace suture::tuf {
namespace {

using test::code;
using test::described;
using test::kLater;
using test::kNow;
using test::must;
using test::Signers;

/// A trusted state at version 5 of everything, and ways to make what comes next.
class Verifier : public testing::Test {
 protected:
  Verifier() {
    trusted = must(trust_root(as_bytes(signers.sign_root(signers.root(5)))));
    trusted = must(update_timestamp(trusted, as_bytes(timestamp(5, described(5, snapshot(5, 5)))), kNow));
    trusted = must(update_snapshot(trusted, as_bytes(snapshot(5, 5)), kNow));
    trusted = must(update_targets(trusted, as_bytes(targets(5)), kNow));
  }
  std::string timestamp(std::int64_t version, MetaFile file, Time expires = kLater) const {
    return signers.sign(Timestamp{version, expires, std::move(file)}, Role::kTimestamp);
  }
  std::string snapshot(std::int64_t version, std::int64_t targets_version, Time expires = kLater) const {
    const MetaFile file = described(targets_version, targets(targets_version));
    return signers.sign(Snapshot{version, expires, {{kTargetsFile, file}}}, Role::kSnapshot);
  }
  std::string targets(std::int64_t version, Time expires = kLater) const {
    return signers.sign(Targets{version, expires, {}}, Role::kTargets);
  }
  /// The state once a timestamp that names this snapshot was accepted.
  Trusted naming(std::int64_t version, const std::string& text) const {
    return must(update_timestamp(trusted, as_bytes(timestamp(6, described(version, text))), kNow));
  }

  Signers signers;
  Trusted trusted;
};

TEST_F(Verifier, FollowsTheRootChain) {
  const Trusted next = must(update_root(trusted, as_bytes(signers.sign_root(signers.root(6)))));
  EXPECT_EQ(next.root.version, 6);
  EXPECT_TRUE(next.timestamp);
}

TEST_F(Verifier, RefusesARootThatSkipsAVersion) {
  EXPECT_EQ(code(update_root(trusted, as_bytes(signers.sign_root(signers.root(7))))),
            "repository.root-chain");
}

TEST_F(Verifier, RefusesRollbackOfRoot) {
  EXPECT_EQ(code(update_root(trusted, as_bytes(signers.sign_root(signers.root(4))))), "repository.rollback");
  EXPECT_EQ(code(update_root(trusted, as_bytes(signers.sign_root(signers.root(5))))), "repository.rollback");
}

TEST_F(Verifier, RotatesTheRootKeyOnlyWithBothSignatures) {
  Signers next;
  const Json content = to_json(next.root(6));
  const SigningKey& old_key = signers.keys.at(Role::kRoot);
  const SigningKey& new_key = next.keys.at(Role::kRoot);
  EXPECT_EQ(code(update_root(trusted, as_bytes(must(sign(content, {&old_key}))))),
            "repository.bad-signature");
  EXPECT_EQ(code(update_root(trusted, as_bytes(must(sign(content, {&new_key}))))),
            "repository.bad-signature");
  EXPECT_EQ(code(update_root(trusted, as_bytes(must(sign(content, {&old_key, &new_key}))))), "ok");
}

TEST_F(Verifier, ForgetsWhatRotatedKeysSigned) {
  signers.keys.insert_or_assign(Role::kTimestamp, must(SigningKey::generate()));
  const Trusted next = must(update_root(trusted, as_bytes(signers.sign_root(signers.root(6)))));
  EXPECT_FALSE(next.timestamp);
  EXPECT_FALSE(next.snapshot);
  EXPECT_EQ(code(update_timestamp(next, as_bytes(timestamp(1, {1, {}, {}})), kNow)), "ok");
}

TEST_F(Verifier, RefusesARootThatItsOwnKeysDidNotSign) {
  const std::string foreign = Signers().sign_root(signers.root(1));
  EXPECT_EQ(code(trust_root(as_bytes(foreign))), "repository.bad-signature");
}

TEST_F(Verifier, CountsDistinctKeysTowardsTheThreshold) {
  const SigningKey& first = signers.keys.at(Role::kRoot);
  const SigningKey second = must(SigningKey::generate());
  Root root = signers.root(1);
  root.keys[second.public_key().id] = second.public_key();
  root.roles[Role::kRoot] = {{first.public_key().id, second.public_key().id}, 2};
  const Json content = to_json(root);
  EXPECT_EQ(code(trust_root(as_bytes(must(sign(content, {&first}))))), "repository.bad-signature");
  EXPECT_EQ(code(trust_root(as_bytes(must(sign(content, {&first, &first}))))), "repository.bad-signature");
  EXPECT_EQ(code(trust_root(as_bytes(must(sign(content, {&first, &second}))))), "ok");
}

TEST_F(Verifier, TakesOneKeyInTwoFormsForOneKey) {
  const SigningKey& key = signers.keys.at(Role::kRoot);
  Json content = to_json(signers.root(1));
  Json twin = to_json(key.public_key());
  const std::string id = "another name";
  content["keys"][id] = twin;
  content["roles"]["root"] = {{"keyids", {key.public_key().id, id}}, {"threshold", 2}};
  Json document = must(parse_json(must(sign(content, {&key})), "root"));
  Json copy = document["signatures"][0];
  copy["keyid"] = id;
  document["signatures"].push_back(copy);
  EXPECT_EQ(code(trust_root(as_bytes(json_text(document)))), "repository.bad-signature");
}

TEST_F(Verifier, RefusesAKeyOfAnotherRole) {
  const std::string text = signers.sign(Timestamp{6, kLater, {6, {}, {}}}, Role::kSnapshot);
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(text), kNow)), "repository.bad-signature");
}

TEST_F(Verifier, RefusesRollbackOfTimestamp) {
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(timestamp(4, {5, {}, {}})), kNow)),
            "repository.rollback");
}

TEST_F(Verifier, RefusesATimestampThatNamesAnOlderSnapshot) {
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(timestamp(6, {4, {}, {}})), kNow)),
            "repository.rollback");
}

TEST_F(Verifier, KeepsATimestampOfTheSameVersion) {
  const Trusted same = must(update_timestamp(trusted, as_bytes(timestamp(5, {9, {}, {}})), kNow));
  EXPECT_EQ(same.timestamp->snapshot.version, 5);
}

TEST_F(Verifier, RefusesAFrozenRepository) {
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(timestamp(5, {5, {}, {}})), kLater)),
            "repository.expired");
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(timestamp(6, {6, {}, {}}, kNow)), kNow)),
            "repository.expired");
  const std::string old_snapshot = snapshot(6, 5, kNow);
  EXPECT_EQ(code(update_snapshot(naming(6, old_snapshot), as_bytes(old_snapshot), kNow)),
            "repository.expired");
  EXPECT_EQ(code(update_targets(trusted, as_bytes(targets(5)), kLater)), "repository.expired");
  EXPECT_EQ(code(check_fresh("root", trusted.root.expires, kLater)), "repository.expired");
}

TEST_F(Verifier, RefusesASnapshotThatTheTimestampDoesNotName) {
  EXPECT_EQ(code(update_snapshot(trusted, as_bytes(snapshot(6, 5)), kNow)), "repository.mix-and-match");
  const std::string text = snapshot(7, 5);
  EXPECT_EQ(code(update_snapshot(naming(6, text), as_bytes(text), kNow)), "repository.mix-and-match");
}

TEST_F(Verifier, RefusesRollbackOfTargetsBySnapshot) {
  const std::string text = snapshot(6, 4);
  EXPECT_EQ(code(update_snapshot(naming(6, text), as_bytes(text), kNow)), "repository.rollback");
}

TEST_F(Verifier, RefusesTargetsThatTheSnapshotDoesNotName) {
  EXPECT_EQ(code(update_targets(trusted, as_bytes(targets(6)), kNow)), "repository.mix-and-match");
  EXPECT_EQ(code(update_targets(trusted, as_bytes(targets(4)), kNow)), "repository.mix-and-match");
}

TEST_F(Verifier, RefusesAnySingleChangedByte) {
  const std::string good = timestamp(6, {6, {}, {}});
  ASSERT_EQ(code(update_timestamp(trusted, as_bytes(good), kNow)), "ok");
  for (std::size_t i = 0; i < good.size(); i++) {
    std::string text = good;
    text[i] ^= 1;
    EXPECT_NE(code(update_timestamp(trusted, as_bytes(text), kNow)), "ok") << i;
  }
}

TEST_F(Verifier, RefusesTruncatedMetadataAtEveryLength) {
  const std::string text = timestamp(6, {6, {}, {}});
  for (std::size_t length = 0; length + 2 < text.size(); length++) {
    EXPECT_FALSE(update_timestamp(trusted, as_bytes(std::string_view(text).substr(0, length)), kNow));
  }
}

TEST_F(Verifier, RefusesEndlessMetadata) {
  const std::string text = timestamp(6, {6, {}, {}}) + std::string(size_limit(Role::kTimestamp), ' ');
  EXPECT_EQ(code(update_timestamp(trusted, as_bytes(text), kNow)), "json.too-large");
}

TEST_F(Verifier, RefusesADocumentOfAnotherRole) {
  Signers same;
  same.keys.insert_or_assign(Role::kSnapshot, same.keys.at(Role::kTimestamp));
  const Trusted state = must(trust_root(as_bytes(same.sign_root(same.root()))));
  const std::string text = same.sign(Snapshot{1, kLater, {{kTargetsFile, {1, {}, {}}}}}, Role::kSnapshot);
  EXPECT_EQ(code(update_timestamp(state, as_bytes(text), kNow)), "repository.malformed");
}

TEST(Payload, MustBeWhatTargetsMetadataSay) {
  const std::string good = "payload";
  const TargetFile file{good.size(), sha256_hex(as_bytes(good)), nullptr};
  EXPECT_EQ(code(check_payload("p", file, as_bytes(good))), "ok");
  EXPECT_EQ(code(check_payload("p", file, as_bytes("Payload"))), "repository.tampered");
  EXPECT_EQ(code(check_payload("p", file, as_bytes("payloa"))), "repository.tampered");
  EXPECT_EQ(code(check_payload("p", file, as_bytes("payload+"))), "repository.tampered");
}

}  // namespace
}  // namespace suture::tuf
