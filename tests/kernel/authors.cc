// SPDX-License-Identifier: Apache-2.0
//
// Fixes whose authors declare and add things, on a real target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "build/build.h"
#include "real_target.h"

namespace suture {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class AuthoredFix : public test::OnRealTarget {
 protected:
  static std::string text_of(const std::string& name) {
    return read_text_file(std::filesystem::path(SUTURE_TEST_FIXES) / (name + ".patch")).value_or("");
  }

  Result<BuildResult> build(const std::string& fix) {
    const auto path = folder_->path() / "fix.patch";
    EXPECT_TRUE(write_file(path, fix).has_value());
    Progress progress("test");
    return build_patchset({.target = target_, .fixes = {path}, .level = 1, .output = folder_->path() / "out"},
                          progress);
  }
};

TEST_F(AuthoredFix, MayAddCallbacks) {
  const auto result = build(text_of("CVE-2026-53238-callback"));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const auto module = read_text_file(folder_->path() / "out/suture_1.ko").value();
  EXPECT_THAT(module, HasSubstr("net/netlabel/netlabel_unlabeled.c:suture_tighten:suture_loosen"));
  EXPECT_EQ(module.find("suture-include"), std::string::npos) << "a path of the builder leaked";
}

TEST_F(AuthoredFix, MayDeclareAnUpdate) {
  const auto result = build(text_of("tcp-reordering-unsigned"));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_THAT(result->patchset.fixes.at(0).updated_data, ElementsAre("ipv4_net_table"));
  EXPECT_TRUE(result->patchset.objects.at(0).functions.empty());
  EXPECT_THAT(result->notes, Contains(HasSubstr("ipv4_sysctl_init_net seems to copy ipv4_net_table")));
  const auto text = read_text_file(folder_->path() / "out" / kManifestName);
  EXPECT_EQ(parse_patchset(text.value()).value(), result->patchset);
}

TEST_F(AuthoredFix, MayNotDeclareAnUpdateOfManyWords) {
  std::string fix = text_of("tcp-reordering-unsigned");
  const std::string line = "+\t\t.proc_handler\t= proc_douintvec\n";
  fix.replace(fix.find(line), line.size(),
              line.substr(0, line.size() - 1) + ",\n+\t\t.extra1\t= SYSCTL_ONE\n");
  fix.replace(fix.find("+938,7"), 6, "+938,8");
  const auto result = build(fix);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "delta.update-not-atomic") << result.error().message();
  EXPECT_THAT(result.error().message(), HasSubstr("docs/patch-authors.md"));
}

TEST_F(AuthoredFix, MayNotDeclareWhatDoesNotChange) {
  const auto result = build("Suture-Update-Data: saved_command_line\n\n" + text_of("warn"));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "build.declaration-unused");
  EXPECT_THAT(result.error().message(), HasSubstr("saved_command_line"));
}

TEST_F(AuthoredFix, MayUseShadowVariablesInSeveralUnits) {
  const auto result = build(text_of("ptrace-get_dumpable-shadow"));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->patchset.objects.at(0).evidence.size(), 2u);
}

TEST_F(AuthoredFix, MayDoWithoutTheMember) {
  const auto result = build(text_of("CVE-2026-43074-headless"));
  ASSERT_TRUE(result.has_value()) << result.error().message();
}

}  // namespace
}  // namespace suture
