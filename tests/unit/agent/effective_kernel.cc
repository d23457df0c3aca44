// SPDX-License-Identifier: Apache-2.0
#include "agent/effective_kernel.h"

#include "base/json.h"
#include "fixture.h"

namespace suture {
namespace {

KernelNames debian() {
  return {.system = "Linux",
          .node = "web-17",
          .release = "6.1.0-47-cloud-amd64",
          .version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-05-08)",
          .machine = "x86_64"};
}

TEST(EffectiveKernel, OnDebianTheVersionTellsThePackage) {
  const KernelNames names = with_version(debian(), "6.1.170-3", "6.1.176-1");
  EXPECT_EQ(names.release, "6.1.0-47-cloud-amd64");
  EXPECT_EQ(names.version, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-05-08)");
}

TEST(EffectiveKernel, OfRpmTheReleaseDoes) {
  KernelNames names = debian();
  names.release = "5.14.0-427.16.1.el9_4.x86_64";
  EXPECT_EQ(with_version(names, "5.14.0-427.16.1.el9_4", "5.14.0-503.11.1.el9_5").release,
            "5.14.0-503.11.1.el9_5.x86_64");
}

TEST(EffectiveKernel, APartOfALongerVersionIsNone) {
  KernelNames names = debian();
  names.version = "Debian 6.1.170-31 16.1.170-3 6.1.170-3";
  EXPECT_EQ(with_version(names, "6.1.170-3", "6.1.170-30").version,
            "Debian 6.1.170-31 16.1.170-3 6.1.170-30");
  EXPECT_EQ(with_version(names, "", "6.1.176-1"), names);
  EXPECT_EQ(with_version(names, "6.1.170-3", ""), names);
}

struct EffectiveHost : Host {
  /// What is in the store says this, and the state believes it.
  void say(const std::string& effective_version) {
    AgentState state = this->state();
    Patchset patchset = Store(config.store()).manifest(*state.wanted).value();
    patchset.effective_version = effective_version;
    const std::string manifest = json_text(to_json(patchset));
    EXPECT_TRUE(write_file(config.store() / state.wanted->folder / kManifestName, manifest));
    state.wanted->manifest_sha256 = sha256_hex(as_bytes(manifest));
    EXPECT_TRUE(write_state(config.state / "state.json", state));
  }
  EffectiveKernel read() const { return read_effective_kernel(config, kernel, debian()).value(); }
};

TEST(EffectiveKernel, WithoutALevelIsTheBootedOne) {
  const EffectiveHost host;
  EXPECT_EQ(host.read(), (EffectiveKernel{.booted = debian(), .effective = debian()}));
}

TEST(EffectiveKernel, IsWhatTheLevelInTheKernelSays) {
  EffectiveHost host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  EXPECT_EQ(host.read().effective, debian());
  EXPECT_EQ(host.read().package_version, "6.1.170-3");
  host.say("6.1.176-1");
  EXPECT_EQ(host.read().level, 1u);
  EXPECT_EQ(host.read().package_version, "6.1.176-1");
  EXPECT_EQ(host.read().effective.version, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-05-08)");
  EXPECT_EQ(host.read().booted, debian());

  ASSERT_TRUE(host.agent().revert());
  EXPECT_EQ(host.read().effective, debian());
  EXPECT_EQ(host.read().package_version, "6.1.170-3");
}

TEST(EffectiveKernel, AManifestThatWasChangedIsNotBelieved) {
  EffectiveHost host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  host.say("6.1.176-1");
  ASSERT_TRUE(
      write_file(host.config.store() / host.state().wanted->folder / kManifestName, std::string_view("{}")));
  EXPECT_EQ(host.read().effective, debian());
}

}  // namespace
}  // namespace suture
