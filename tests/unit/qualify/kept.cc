// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "patchset/patchset.h"
#include "qualify/qualify.h"

namespace suture {
namespace {

/// A patchset with a module for each engine, and what it was tried with.
class Kept : public testing::Test {
 protected:
  Kept() {
    const auto module = [&](const std::string& engine, const std::string& name) {
      EXPECT_TRUE(write_file(folder_.path() / (name + ".ko"), name));
      return PatchModule{engine, name, name + ".ko", sha256_hex(as_bytes(name)), name.size()};
    };
    patchset_.target = {"debian", "6.1.0-47-cloud-amd64", "6.1.170-3", "x86_64", std::string(40, 'a')};
    patchset_.level = 1;
    patchset_.modules = {module("klp", "suture_1"), module("stopmachine", "suture_stop_1")};
    const std::string engine = "engine";
    patchset_.modules[1].engine_module =
        EngineModule{"suture.ko", sha256_hex(as_bytes(engine)), engine.size(), 1};
    EXPECT_TRUE(write_file(folder_.path() / "suture.ko", engine));
    patchset_.fixes = {{"CVE-2026-53249", std::string(64, '0'), {"CVE-2026-53249"}}};
    patchset_.tool = "suture 0.1.0";
    EXPECT_TRUE(write_file(folder_.path() / kManifestName, json_text(to_json(patchset_))));
  }

  void tried_with(const std::vector<std::string>& engines) {
    Qualification qualification{.target = patchset_.target,
                                .level = 1,
                                .tool = "suture 0.1.0",
                                .machine = "a test",
                                .finished = "2026-11-24T10:00:00Z",
                                .seconds = 1,
                                .checks = {},
                                .failures = {},
                                .probes = {},
                                .ran = {},
                                .never_ran = {},
                                .logs = {}};
    for (const std::string& engine : engines)
      qualification.checks.push_back({engine, "patch", "it loads", CheckOutcome::kPassed, 0.25, ""});
    const auto manifest = sha256_hex_of_file(folder_.path() / kManifestName);
    const QualifyResult result{.statement = {.subjects = subjects_of(patchset_, manifest.value(), engines),
                                             .predicate = qualification},
                               .console = {}};
    ASSERT_TRUE(write_qualification(result, key_, folder_.path()));
  }

  bool is_kept_for(const std::vector<std::string>& engines) {
    const QualifyRequest request{
        .patchset = folder_.path(), .probes = {}, .engines = engines, .guest_program = {}};
    return kept_qualification(request, key_.public_key()).has_value();
  }

  TempDir folder_ = TempDir::make("suture-test").value();
  Ed25519Private key_ = Ed25519Private::generate().value();
  Patchset patchset_;
};

TEST_F(Kept, IsWhatSaysAsMuchAsIsAskedFor) {
  EXPECT_FALSE(is_kept_for({}));
  tried_with({"klp", "stopmachine"});
  EXPECT_TRUE(is_kept_for({}));
  EXPECT_TRUE(is_kept_for({"klp"}));
  EXPECT_TRUE(is_kept_for({"stopmachine"}));
  tried_with({"klp"});
  EXPECT_TRUE(is_kept_for({"klp"}));
  EXPECT_FALSE(is_kept_for({"stopmachine"}));
  EXPECT_FALSE(is_kept_for({}));
}

TEST_F(Kept, IsNothingOfAnotherModule) {
  tried_with({"klp"});
  ASSERT_TRUE(write_file(folder_.path() / "suture_1.ko", "another"));
  EXPECT_FALSE(is_kept_for({"klp"}));
}

}  // namespace
}  // namespace suture
