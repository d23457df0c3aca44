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

TEST(Policy, WhatNobodyTriedIsNotPublished) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  EXPECT_EQ(code(publish_patchset(repository.context, folder, "stable")), "publish.not-qualified");
  EXPECT_FALSE(std::filesystem::exists(repository.context.repository / "targets"));
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

TEST(Policy, AnOverrideIsRecorded) {
  const Repository repository;
  const auto folder = test::make_patchset(repository.folder.path(), 1);
  const auto published =
      must(publish_patchset(repository.context, folder, "stable", "exploited in the wild"));
  EXPECT_FALSE(published.qualified());
  EXPECT_TRUE(published.statement.path.ends_with("/override.json"));
  const auto listed = must(read_repository(repository.context.repository)).patchsets;
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].statement.sha256, published.statement.sha256);
  const auto text = must(read_text_file(folder / kOverrideName));
  const auto owner = must(Ed25519Private::load(repository.context.keys / "targets.pem")).public_key();
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
  const auto published = must(publish_patchset(repository.context, folder, "stable"));
  EXPECT_FALSE(published.qualified());
  EXPECT_TRUE(published.statement.path.empty());
}

TEST(Policy, WhatIsQualifiedSaysSo) {
  const Repository repository;
  const auto published = must(repository.publish(1));
  EXPECT_TRUE(published.qualified());
  EXPECT_TRUE(must(read_repository(repository.context.repository)).patchsets.at(0).qualified());
}

}  // namespace
}  // namespace suture
