// SPDX-License-Identifier: Apache-2.0
#include "advisory/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/file.h"

namespace suture {
namespace {

using testing::HasSubstr;

constexpr const char* kBefore = R"(#include <linux/foo.h>

static int foo_check(struct foo *foo, int length)
{
	if (length < 0)
		return -EINVAL;
	foo->length = length;
	return 0;
}

#ifdef CONFIG_FOO_DEBUG
void foo_dump(struct foo *foo)
{
	print_it(foo->name, foo->length);
	finish_it(foo);
}
#endif
)";

constexpr const char* kAfter = R"(#include <linux/foo.h>

static int foo_check(struct foo *foo, int length)
{
	/* As much as there is room for. */
	if (length < 0 ||
	    length > FOO_LARGEST)
		return -EINVAL;
	foo->length = length;
	return 0;
}
)";

constexpr const char* kFix = R"(--- a/net/foo/check.c
+++ b/net/foo/check.c
@@ -2,7 +2,7 @@
 
 static int foo_check(struct foo *foo, int length)
 {
-	if (length < 0)
+	if (length < 0 || length > FOO_LARGEST)
 		return -EINVAL;
 	foo->length = length;
 	return 0;
)";

constexpr const char* kDebugFix = R"(--- a/net/foo/check.c
+++ b/net/foo/check.c
@@ -11,6 +11,7 @@
 #ifdef CONFIG_FOO_DEBUG
 void foo_dump(struct foo *foo)
 {
+	lock_it_before_it_is_printed(foo, &foo->lock);
 	print_it(foo->name, foo->length);
 	finish_it(foo);
 }
)";

class Match : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
    advisory_.cve = "CVE-2026-1";
    target_.id = {.distribution = "debian",
                  .release = "6.1.0-47-cloud-amd64",
                  .version = "6.1.170-3",
                  .architecture = "x86_64",
                  .build_id = ""};
    target_.upstream = *parse_kernel_version("6.1.170");
    target_.source = std::make_shared<SourceTree>(folder_->path());
    target_.objects_of = [this](const std::string&) -> Result<std::vector<std::string>> { return objects_; };
    target_.has_symbol = [](const std::string&, const std::string& name) { return name == "foo_check"; };
  }

  void source(const std::string& path, std::string_view text) {
    ASSERT_TRUE(write_file(folder_->path() / path, text).has_value());
  }

  Finding match_fix(std::string_view diff) {
    const FileText before = [](const std::string&) { return std::optional<std::string>(kBefore); };
    const auto change = read_code_change(diff, "a fix", {.before = before, .after = {}});
    EXPECT_TRUE(change.has_value());
    return match(advisory_, *change, target_);
  }

  /// "6.1.170 is in [from, to)", or with `fixed` that it has the fix of that version.
  void say_ranges(std::vector<AffectedRange> ranges) {
    Voice voice{.cve = advisory_.cve, .record = advisory_.cve};
    voice.products.push_back({.ecosystem = "kernel.org",
                              .name = "Linux",
                              .affected_by_default = true,
                              .ranges = std::move(ranges)});
    advisory_.voices.push_back({.source = "kernel-cna", .voice = std::move(voice)});
  }
  static AffectedRange not_affected(std::string introduced, std::string fixed, std::string last) {
    return {.order = VersionOrder::kKernel,
            .affected = false,
            .introduced = std::move(introduced),
            .fixed = std::move(fixed),
            .last = std::move(last)};
  }

  std::optional<TempDir> folder_;
  Advisory advisory_;
  TargetFacts target_;
  std::vector<std::string> objects_{"foo"};
};

TEST_F(Match, OldLinesAreAffectedWhateverIsSaid) {
  source("net/foo/check.c", kBefore);
  say_ranges({not_affected("6.1.160", "", "6.1.*")});
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kAffected);
  EXPECT_THAT(finding.reason, HasSubstr("net/foo/check.c:5 foo_check"));
  EXPECT_THAT(finding.reason, HasSubstr("module foo"));
  ASSERT_EQ(finding.places.size(), 1U);
  EXPECT_EQ(finding.places[0].function, "foo_check");
  EXPECT_TRUE(finding.places[0].has_symbol);
}

TEST_F(Match, TheFixIsFoundWithOtherLineBreaksAndComments) {
  source("net/foo/check.c", kAfter);
  say_ranges({});
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kFixed) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("net/foo/check.c:6 foo_check"));
}

TEST_F(Match, WhatIsNotCompiledIsNotPresent) {
  source("net/foo/check.c", kBefore);
  objects_.clear();
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kNotAffected);
  EXPECT_EQ(finding.justification, Justification::kComponentNotPresent);
}

TEST_F(Match, CodeThatThePreprocessorLeavesOutIsNotPresent) {
  source("net/foo/check.c", kBefore);
  Finding finding = match_fix(kDebugFix);
  EXPECT_EQ(finding.standing, Standing::kNotAffected) << finding.reason;
  EXPECT_EQ(finding.justification, Justification::kVulnerableCodeNotPresent);
  target_.config["CONFIG_FOO_DEBUG"] = "y";
  finding = match_fix(kDebugFix);
  EXPECT_EQ(finding.standing, Standing::kAffected) << finding.reason;
}

TEST_F(Match, AFileOfAnotherFolderIsFoundByWhatItDefines) {
  source("drivers/foo/check.c", kBefore);
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kAffected) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("drivers/foo/check.c:5"));
}

TEST_F(Match, AFileThatIsNotThereIsNotPresentUnlessAffectedIsSaid) {
  source("net/other.c", kBefore);
  EXPECT_EQ(match_fix(kFix).justification, Justification::kComponentNotPresent);
  say_ranges({});
  EXPECT_EQ(match_fix(kFix).standing, Standing::kAffected);
  target_.changelog[advisory_.cve] = "6.1.164-1";
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kUnderInvestigation) << finding.reason;
}

TEST_F(Match, AHoleThatCameLaterIsNotPresentThoughTheFixIsNot) {
  source("net/foo/check.c", kBefore);
  say_ranges({not_affected("", "6.6", "")});
  const Finding finding = match_fix(kFix);
  EXPECT_EQ(finding.standing, Standing::kNotAffected);
  EXPECT_EQ(finding.justification, Justification::kVulnerableCodeNotPresent);
  EXPECT_THAT(finding.reason, HasSubstr("before 6.6"));
}

TEST_F(Match, CodeWrittenAnewIsJudgedByWhatIsSaid) {
  source("net/foo/check.c", "static int foo_check(struct foo *foo, int length)\n{\n\treturn anew(foo);\n}\n");
  EXPECT_EQ(match_fix(kFix).standing, Standing::kUnderInvestigation);
  say_ranges({not_affected("6.1.160", "", "6.1.*")});
  EXPECT_EQ(match_fix(kFix).standing, Standing::kFixed);
}

TEST_F(Match, AddedLinesThatAreMissingProveNothingAgainstWhoSaysTheyAreIn) {
  source("net/foo/check.c", kBefore);
  target_.config["CONFIG_FOO_DEBUG"] = "y";
  say_ranges({not_affected("6.1.160", "", "6.1.*")});
  EXPECT_EQ(match_fix(kDebugFix).standing, Standing::kUnderInvestigation);
}

TEST_F(Match, OtherArchitecturesAreNotPresent) {
  source("arch/arm64/kernel/check.c", kBefore);
  std::string fix(kFix);
  for (std::size_t at = fix.find("net/foo"); at != std::string::npos; at = fix.find("net/foo"))
    fix.replace(at, 7, "arch/arm64/kernel");
  const Finding finding = match_fix(fix);
  EXPECT_EQ(finding.justification, Justification::kComponentNotPresent) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("architecture"));
}

TEST_F(Match, WithdrawnAndUnknownOnes) {
  EXPECT_EQ(match(advisory_, {}, target_).standing, Standing::kUnderInvestigation);
  advisory_.voices.push_back({.source = "a", .voice = {.cve = advisory_.cve, .withdrawn = true}});
  EXPECT_EQ(match(advisory_, {}, target_).standing, Standing::kNotAffected);
}

TEST_F(Match, SeriesThatGotTheHoleLaterAreNamedByTheSameSource) {
  source("net/foo/check.c", kBefore);
  AffectedRange series = not_affected("6.1.107", "6.2", "");
  series.affected = true;
  say_ranges({not_affected("", "6.7", ""), series});
  EXPECT_EQ(match_fix(kFix).standing, Standing::kAffected);
}

TEST(ConfigCondition, HoldsOrIsUnknown) {
  const KernelConfig config = parse_kernel_config("CONFIG_A=y\nCONFIG_M=m\n# CONFIG_N is not set\n");
  EXPECT_EQ(holds("defined(CONFIG_A)", config), true);
  EXPECT_EQ(holds("defined(CONFIG_M)", config), false);
  EXPECT_EQ(holds("defined(CONFIG_M_MODULE)", config), true);
  EXPECT_EQ(holds("(IS_ENABLED(CONFIG_M) && !defined(CONFIG_N))", config), true);
  EXPECT_EQ(holds("!(IS_ENABLED(CONFIG_A)) || IS_BUILTIN(CONFIG_M)", config), false);
  EXPECT_EQ(holds("defined(CONFIG_N) && SOMETHING", config), false);
  for (const char* unknown : {"SOMETHING", "CONFIG_HZ > 100", "(", "", "defined(X)", "!!!", "defined"})
    EXPECT_EQ(holds(unknown, config), std::nullopt) << unknown;
  EXPECT_EQ(holds(std::string(100000, '('), config), std::nullopt);
  EXPECT_EQ(holds(std::string(100000, '!') + "1", config), std::nullopt);
}

constexpr const char* kHeader = R"(struct foo {
	int length;
	char name[16];
};

int foo_check(struct foo *foo, int length);

static inline int foo_length(const struct foo *foo)
{
	return foo->length;
}
)";

// Of a header, beside kFix.
constexpr const char* kTypeFix = R"(--- a/include/net/foo.h
+++ b/include/net/foo.h
@@ -1,4 +1,4 @@
 struct foo {
-	int length;
+	unsigned int length;
 	char name[16];
 };
)";

constexpr const char* kInlineFix = R"(--- a/include/net/foo.h
+++ b/include/net/foo.h
@@ -7,5 +7,5 @@
 
 static inline int foo_length(const struct foo *foo)
 {
-	return foo->length;
+	return READ_ONCE(foo->length);
 }
)";

TEST_F(Match, TypesInAHeaderAreNoCodeWhenTheRestIsNotCompiled) {
  source("net/foo/check.c", kBefore);
  source("include/net/foo.h", kHeader);
  target_.objects_of = [](const std::string& file) -> Result<std::vector<std::string>> {
    return file.ends_with(".h") ? std::vector<std::string>{"vmlinux"} : std::vector<std::string>{};
  };
  const Finding types = match(advisory_, *read_code_change(std::string(kFix) + kTypeFix, "a fix"), target_);
  EXPECT_EQ(types.standing, Standing::kNotAffected) << types.reason;
  EXPECT_EQ(types.justification, Justification::kComponentNotPresent);
  EXPECT_THAT(types.reason, HasSubstr("net/foo/check.c is not compiled"));
  // An inline function is compiled wherever it is called.
  const Finding code = match(advisory_, *read_code_change(std::string(kFix) + kInlineFix, "a fix"), target_);
  EXPECT_EQ(code.standing, Standing::kAffected) << code.reason;
}

TEST_F(Match, AGuessedFileThatIsNotCompiledProvesNothingWhileOthersFit) {
  source("net/foo/check.c", kBefore);
  source("net/foo/other.c", "int other;\n");
  target_.objects_of = [](const std::string& file) -> Result<std::vector<std::string>> {
    return file.ends_with("other.c") ? std::vector<std::string>{"foo"} : std::vector<std::string>{};
  };
  CodeChange change = *read_code_change(kFix, "a fix");
  EXPECT_EQ(match(advisory_, change, target_).standing, Standing::kNotAffected);
  change.other_files = {"net/foo/no_such_file.c", "arch/arm64/foo/other.c", "net/foo/other.c"};
  const Finding finding = match(advisory_, change, target_);
  EXPECT_EQ(finding.standing, Standing::kUnderInvestigation);
  EXPECT_THAT(finding.reason, HasSubstr("it may be of net/foo/other.c"));
}

TEST_F(Match, AFunctionWithoutASymbolIsWhereItWasInlined) {
  source("net/foo/check.c", std::string(kBefore) +
                                "int foo_set(struct foo *foo, int length)\n{\n\treturn "
                                "foo_check(foo, length);\n}\n");
  target_.has_symbol = [](const std::string&, const std::string& name) { return name == "foo_set"; };
  const Finding finding = match_fix(kFix);
  ASSERT_EQ(finding.places.size(), 1U);
  EXPECT_FALSE(finding.places[0].has_symbol);
  EXPECT_THAT(finding.places[0].inlined_into, testing::ElementsAre("foo_set"));
}

}  // namespace
}  // namespace suture
