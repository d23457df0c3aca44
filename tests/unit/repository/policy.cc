// SPDX-License-Identifier: Apache-2.0
#include "repository/policy.h"

#include "make.h"

namespace suture {
namespace {

using test::code;
using test::make_statement;
using test::must;
using test::Repository;
using test::write_statement;

TEST(Policy, OfANewRepositoryNamesItsQualifier) {
  const Repository repository;
  const PublishingPolicy policy = must(read_policy(repository.context.keys));
  EXPECT_TRUE(policy.qualification_required);
  const auto key = must(Ed25519Private::load(repository.context.keys / kQualifierKey));
  EXPECT_EQ(policy.qualifiers, std::vector{key.public_key()});
}

TEST(Policy, WithoutAFileNothingIsBelieved) {
  const TempDir folder = test::scratch();
  EXPECT_TRUE(must(read_policy(folder.path())).qualification_required);
  EXPECT_TRUE(must(read_policy(folder.path())).qualifiers.empty());
}

TEST(Policy, SaysWhichLineIsWrong) {
  EXPECT_FALSE(must(parse_policy("[qualification]\nrequired = false\n")).qualification_required);
  for (const char* text :
       {"required = true", "[qualification]\nrequired = 1", "[qualification]\nkeys = [\"ab\"]",
        "[qualification]\nkeys = [7]", "[qualification]\nother = 1", "qualification = 3", "[[", "\xcb\x80"})
    EXPECT_EQ(code(parse_policy(text)), "repository.policy") << text;
  EXPECT_NE(parse_policy("[qualification]\nother = 1").error().message().find("line 2"), std::string::npos);
}

TEST(Policy, NamesWhereAChannelIsPromotedFrom) {
  const PublishingPolicy policy =
      must(parse_policy("[channel.stable]\nfrom = \"testing\"\nafter = \"24h\"\n"
                        "[channel.testing]\nfrom = \"canary\"\nafter = \"2d\"\n"));
  EXPECT_EQ(policy.channels.at("stable").from, "testing");
  EXPECT_EQ(policy.channels.at("stable").after, std::chrono::hours(24));
  EXPECT_EQ(policy.channels.at("testing").after, std::chrono::hours(48));
  for (const char* text : {"[channel.stable]\nafter = \"24\"", "[channel.stable]\nafter = \"-1h\"",
                           "[channel.stable]\nafter = 24", "[channel.stable]\nfrom = 1",
                           "[channel]\nstable = 1", "[channel.stable]\nwhen = \"24h\"", "channel = 1"}) {
    EXPECT_EQ(code(parse_policy(text)), "repository.policy") << text;
  }
}

TEST(Policy, NamesKeysThatAreNoFiles) {
  const std::string key(64, 'a');
  const auto signer = [&](const std::string& rest) {
    return "[signer.root]\npublic = \"" + key + "\"\n" + rest;
  };
  const SignerPlace token = must(parse_policy(signer("pkcs11 = \"pkcs11:token=x\"\n"))).signers.at("root");
  EXPECT_EQ(token.pkcs11, "pkcs11:token=x");
  EXPECT_EQ(token.key.hex(), key);
  const SignerPlace program =
      must(parse_policy(signer("command = [\"kms\", \"sign\"]\n"))).signers.at("root");
  EXPECT_EQ(program.command, (std::vector<std::string>{"kms", "sign"}));
  for (const std::string& text :
       {signer(""), signer("pkcs11 = \"file:x\"\n"), signer("command = [1]\n"), signer("command = \"kms\"\n"),
        signer("command = [\"kms\"]\npkcs11 = \"pkcs11:token=x\"\n"),
        std::string("[signer.root]\ncommand = [\"kms\"]\n")}) {
    EXPECT_EQ(code(parse_policy(text)), "repository.policy") << text;
  }
}

TEST(Policy, WhatNobodyTriedIsNotPublished) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "publish.not-qualified");
  EXPECT_FALSE(std::filesystem::exists(repository.context.repository / "patchsets"));
}

TEST(Policy, WhatFailedIsNotPublished) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  write_statement(folder, make_statement(folder, {"patch: kernel oops"}),
                  repository.context.keys / kQualifierKey);
  const auto published = publish_patchset(repository.context, folder, "stable");
  EXPECT_EQ(code(published), "publish.qualification-failed");
  EXPECT_NE(published.error().message().find("kernel oops"), std::string::npos);
}

TEST(Policy, AStrangersWordDoesNotCount) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  write_statement(folder, make_statement(folder), repository.context.keys / "targets.pem");
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "publish.qualifier-unknown");
}

TEST(Policy, AStatementAboutAnotherModuleDoesNotCount) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  Statement statement = make_statement(folder);
  statement.subjects["suture_1.ko"] = std::string(64, '0');
  write_statement(folder, statement, repository.context.keys / kQualifierKey);
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "publish.qualification-differs");
}

// Whether it is about the other module, too, and whether it says who was tried: older statements do not.
TEST(Policy, EachEngineHasToBeTried) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  test::add_stop_module(folder);
  const auto refusal = [&](Statement statement, const std::vector<std::string>& engines) {
    auto& checks = std::get<Qualification>(statement.predicate).checks;
    std::erase_if(checks, [&](const QualificationCheck& check) {
      return std::ranges::find(engines, check.engine) == engines.end();
    });
    write_statement(folder, statement, repository.context.keys / kQualifierKey);
    const auto published = publish_patchset(repository.context, folder, "stable");
    return published ? std::pair<std::string, std::string>()
                     : std::pair(published.error().code, published.error().message());
  };
  Statement whole = make_statement(folder);
  Statement part = whole;
  part.subjects.erase("suture_stop_1.ko");
  part.subjects.erase("suture.ko");
  for (const Statement& statement : {whole, part}) {
    const auto [code, message] = refusal(statement, {"klp"});
    EXPECT_EQ(code, "publish.engine-untried");
    EXPECT_NE(message.find("engine stopmachine"), std::string::npos) << message;
    EXPECT_NE(message.find("without --engine"), std::string::npos) << message;
  }
  EXPECT_EQ(refusal(whole, {}).first, "publish.engine-untried");
  EXPECT_EQ(refusal(part, {"klp", "stopmachine"}).first, "publish.qualification-differs");
  std::get<Qualification>(part.predicate).failures = {"klp: patch: kernel oops"};
  EXPECT_EQ(refusal(part, {"klp"}).first, "publish.qualification-failed");
  EXPECT_EQ(refusal(whole, {"klp", "stopmachine"}).first, "");
}

TEST(Policy, AnOverrideIsRecorded) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  const auto published =
      must(publish_patchset(repository.context, folder, "stable", "exploited in the wild")).patchset;
  EXPECT_FALSE(published.qualified());
  EXPECT_EQ(published.statement.value().name, "override.json");
  const auto listed = repository.read().patchsets;
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].statement, published.statement);
  const auto text = must(read_text_file(folder / kOverrideName));
  const auto owner = must(Ed25519Private::load(repository.context.keys / "stable.pem")).public_key();
  const auto read = must(read_statement(text, {&owner, 1}));
  EXPECT_EQ(read.signer, owner);
  EXPECT_EQ(std::get<QualificationOverride>(read.statement.predicate).reason, "exploited in the wild");
  // An override in place of a qualification is none.
  ASSERT_TRUE(write_file(folder / kQualificationName, text));
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "canary")), "publish.qualifier-unknown");
}

TEST(Policy, MayAskForNothing) {
  const Repository repository;
  ASSERT_TRUE(write_file(repository.context.keys / kPolicyFile, "[qualification]\nrequired = false\n"));
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  const auto published = must(publish_patchset(repository.context, folder, "stable")).patchset;
  EXPECT_FALSE(published.qualified());
  EXPECT_FALSE(published.statement);
}

TEST(Policy, WhatIsQualifiedSaysSo) {
  const Repository repository;
  const auto published = must(repository.publish(1));
  EXPECT_TRUE(published.qualified());
  EXPECT_TRUE(repository.read().patchsets.at(0).qualified());
}

}  // namespace
}  // namespace suture
