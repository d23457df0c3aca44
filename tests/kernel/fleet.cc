// SPDX-License-Identifier: Apache-2.0
//
// Several kernels in one call, and patchsets built again. The second kernel is the first one with a part
// replaced: so each outcome is that of a real build.
#include "build/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "build/rebuild.h"
#include "module/mok.h"
#include "module/signature.h"
#include "real_target.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Fleet : public testing::Test {
 protected:
  void SetUp() override {
    auto target = test::real_target();
    ASSERT_TRUE(target.has_value()) << target.error().message();
    target_ = std::move(*target);
  }

  static fs::path fix(const std::string& name) { return fs::path(SUTURE_TEST_FIXES) / (name + ".patch"); }
  fs::path folder() const { return folder_->path(); }
  fs::path written(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(write_file(folder() / name, text));
    return folder() / name;
  }
  std::vector<FleetResult> build(std::vector<Target> targets, std::vector<fs::path> fixes) const {
    Progress progress("test");
    auto results = build_fleet({.targets = std::move(targets),
                                .fixes = std::move(fixes),
                                .output = folder() / "out",
                                .cache = folder() / "cache"},
                               progress);
    EXPECT_TRUE(results) << results.error().message();
    return results ? std::move(*results) : std::vector<FleetResult>{};
  }
  /// Links to the whole source but for one file.
  fs::path source_with(const std::string& file, std::string_view text) const {
    const fs::path tree = folder() / "source";
    fs::path below;
    for (const fs::path& part : fs::path(file)) {
      fs::create_directories(tree / below);
      for (const auto& entry : fs::directory_iterator(target_.source / below)) {
        if (entry.path().filename() != part)
          fs::create_symlink(entry.path(), tree / below / entry.path().filename());
      }
      below /= part;
    }
    EXPECT_TRUE(write_file(tree / file, text));
    return tree;
  }

  Target target_;
  Result<TempDir> folder_ = TempDir::make("suture-test");
};

TEST_F(Fleet, EachKernelHasAnOutcomeOfItsOwn) {
  const std::string cmdline = *read_text_file(target_.source / "fs/proc/cmdline.c");
  std::string fixed = cmdline;
  fixed.insert(fixed.find("seq_puts(m, saved_command_line);"), "seq_puts(m, \"patched\"); ");
  Target with_fix = target_;
  with_fix.id.release = "fixed";
  with_fix.source = source_with("fs/proc/cmdline.c", fixed);
  Target damaged = target_;
  damaged.id.release = "damaged";
  damaged.image = written("image", "no kernel");
  const fs::path diff = fix("cmdline");

  const auto results = build({target_, with_fix, damaged}, {diff});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].outcome, FleetOutcome::kPatched) << results[0].error.message();
  EXPECT_TRUE(fs::exists(results[0].output / kManifestName));
  EXPECT_EQ(results[1].outcome, FleetOutcome::kNotAffected) << results[1].error.message();
  EXPECT_THAT(results[1].error.message(), HasSubstr("has the fix already"));
  EXPECT_EQ(results[2].outcome, FleetOutcome::kFailed) << results[2].error.message();
  EXPECT_FALSE(fs::exists(results[2].output));
}

// The vulnerable code is not in this kernel's configuration, or nowhere in its source.
TEST_F(Fleet, AKernelWithoutTheCodeIsNotAffected) {
  const auto gone =
      written("gone.patch",
              "--- a/net/gone.c\n+++ b/net/gone.c\n@@ -1 +1 @@ int never_was_there_at_all(void)\n-a\n+b\n");
  const auto other =
      written("other.patch",
              "--- a/arch/alpha/kernel/time.c\n+++ b/arch/alpha/kernel/time.c\n@@ -1,2 +1,3 @@\n"
              " // SPDX-License-Identifier: GPL-2.0\n+int more;\n /*\n");
  const auto results = build({target_}, {gone, other});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, FleetOutcome::kNotAffected) << results[0].error.message();
  EXPECT_THAT(results[0].error.message(), HasSubstr("nothing of it is called never_was_there_at_all"));
  EXPECT_THAT(results[0].error.message(), HasSubstr("this kernel was configured without it"));
  EXPECT_FALSE(fs::exists(folder() / "out")) << "an empty folder was left";
}

TEST_F(Fleet, FixesThatAreNotNeededAreNoHindrance) {
  const auto gone =
      written("gone.patch",
              "--- a/net/gone.c\n+++ b/net/gone.c\n@@ -1 +1 @@ int never_was_there_at_all(void)\n-a\n+b\n");
  const auto results = build({target_}, {gone, fix("cmdline")});
  ASSERT_EQ(results[0].outcome, FleetOutcome::kPatched) << results[0].error.message();
  const auto& fixes = results[0].built.patchset.fixes;
  ASSERT_EQ(fixes.size(), 2u);
  EXPECT_THAT(fixes[0].not_affected, HasSubstr("net/gone.c"));
  EXPECT_EQ(fixes[1].not_affected, "");
}

TEST_F(Fleet, AVariantTakesTheFixesPlace) {
  const std::string text = *read_text_file(fix("cmdline"));
  std::string broken = text;
  broken.replace(broken.find("seq_puts"), 8, "no_such_function");
  written("cmdline.patch", broken);
  written("cmdline@6.1.patch", text);
  const auto results = build({target_}, {folder() / "cmdline.patch"});
  ASSERT_EQ(results[0].outcome, FleetOutcome::kPatched) << results[0].error.message();
  EXPECT_EQ(results[0].built.patchset.fixes[0].name, "cmdline@6.1");
}

TEST_F(Fleet, APatchsetCanBeBuiltAgain) {
  const auto results = build({target_}, {fix("cmdline")});
  ASSERT_EQ(results[0].outcome, FleetOutcome::kPatched) << results[0].error.message();
  const fs::path patchset = results[0].output;
  const TargetStore store(std::getenv("SUTURE_STORE"));
  const auto rebuilt = [&] {
    Progress progress("test");
    return rebuild_patchset({.patchset = patchset, .fixes = {}, .cache = folder() / "cache"}, store,
                            progress);
  };
  auto result = rebuilt();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(result->differences, testing::IsEmpty());

  // One byte of the module, and the manifest made to fit.
  std::string module = *read_text_file(patchset / "suture_1.ko");
  module[module.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(patchset / "suture_1.ko", module));
  result = rebuilt();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(result->differences, testing::ElementsAre("suture_1.ko: other bytes"));

  ASSERT_TRUE(write_file(patchset / "fixes/cmdline.patch", "another"));
  result = rebuilt();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "rebuild.fix-differs");
}

TEST_F(Fleet, ASignedPatchsetIsConfirmedWithoutTheKey) {
  ASSERT_TRUE(make_machine_owner_key(
      {.key = folder() / "mok.pem", .certificate = folder() / "mok.der", .name = "Test"}));
  Progress progress("test");
  const auto results =
      build_fleet({.targets = {target_},
                   .fixes = {fix("cmdline")},
                   .output = folder() / "out",
                   .cache = folder() / "cache",
                   .module_key = ModuleKey::load(folder() / "mok.pem", folder() / "mok.der").value()},
                  progress);
  ASSERT_TRUE(results) << results.error().message();
  ASSERT_EQ(results->at(0).outcome, FleetOutcome::kPatched) << results->at(0).error.message();
  const fs::path patchset = results->at(0).output;
  EXPECT_EQ(results->at(0).built.patchset.module_signer->subject, "CN = Test");
  const TargetStore store(std::getenv("SUTURE_STORE"));
  const auto differences = [&] {
    const auto result =
        rebuild_patchset({.patchset = patchset, .fixes = {}, .cache = folder() / "cache"}, store, progress);
    return result ? result->differences : std::vector{result.error().message()};
  };
  EXPECT_THAT(differences(), testing::IsEmpty());

  // What the manifest says of the signature is not of what was built, and must be true all the same.
  const std::string manifest = *read_text_file(patchset / kManifestName);
  Json json = Json::parse(manifest);
  json["signed_by"]["hash"] = "sha512";
  ASSERT_TRUE(write_file(patchset / kManifestName, json.dump()));
  EXPECT_THAT(differences(), testing::Contains(HasSubstr("/signed_by/hash: sha512, but suture_1.ko")));
  EXPECT_THAT(differences(), testing::Each(HasSubstr("/signed_by/hash: sha512")));
  json.erase("signed_by");
  ASSERT_TRUE(write_file(patchset / kManifestName, json.dump()));
  EXPECT_THAT(differences(), testing::Contains(HasSubstr("suture_1.ko: signed by CN = Test")));
  EXPECT_THAT(differences(), testing::Each(HasSubstr(": signed by CN = Test")));
  ASSERT_TRUE(write_file(patchset / kManifestName, manifest));

  const Bytes signed_module = *read_file(patchset / "suture_1.ko");
  Bytes other = signed_module;
  other[other.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(patchset / "suture_1.ko", other));
  EXPECT_THAT(differences(), testing::Contains("suture_1.ko: other bytes"));
  EXPECT_THAT(differences(), testing::Contains("suture_1.ko: not of the manifest's size and SHA-256"));
  ASSERT_TRUE(write_file(patchset / "suture_1.ko", split_module(signed_module)->module));
  EXPECT_THAT(differences(), testing::Contains("suture_1.ko: not signed"));
}

}  // namespace
}  // namespace suture
