// SPDX-License-Identifier: Apache-2.0
//
// An agent over a kernel that lives in a file, so that it outlasts an agent that is killed, and a source that
// hands over a prepared patchset. All else is the real thing.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "agent/agent.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/patch_module.h"

namespace suture {

inline constexpr const char* kBuildId = "1111111111111111111111111111111111111111";

class FileKernel : public Engine {
 public:
  explicit FileKernel(std::filesystem::path file) : file_(std::move(file)) {}

  Result<RunningKernel> kernel() const override {
    return RunningKernel{.release = "6.1.0-47-cloud-amd64",
                         .architecture = "x86_64",
                         .build_id = kBuildId,
                         .boot_id = boot_id,
                         .uptime_seconds = 1,
                         .livepatch = true};
  }
  Result<Applied> observe() const override {
    const std::string name = read_text_file(file_).value_or("");
    return Applied{.level = level_of_module(name).value_or(0),
                   .module_name = name,
                   .transition = stalls,
                   .engine = std::string(engine_of_module(name))};
  }
  using Engine::apply;
  Result<void> apply(const Patchset& patchset, const PatchsetFiles& files,
                     const std::function<void()>& under_way) override {
    if (!refusal.empty()) return fail(refusal, "apply", "as the test wants it");
    if (differing_file(patchset, files)) return fail("engine.wrong-module", "apply", "bytes");
    TRY(write_file(file_, patchset.module().name));
    under_way();
    stalls = next_stalls;
    return {};
  }
  Result<void> revert() override {
    stalls = false;
    return write_file(file_, std::string_view());
  }
  /// The machine boots: the kernel forgets.
  void reboot(const std::string& new_boot_id) {
    boot_id = new_boot_id;
    stalls = false;
    std::filesystem::remove(file_);
  }

  std::string boot_id = "2f7c4a10-9d2e-4c57-8f11-0a1b2c3d4e5f";
  std::string refusal;
  bool stalls = false;       ///< a transition is under way
  bool next_stalls = false;  ///< and is with the next apply

 private:
  std::filesystem::path file_;
};

class PreparedSource : public Source {
  inline static const Bytes kStopModule = Bytes(200, 0xcd);
  inline static const Bytes kEngine = Bytes(50, 0xef);

 public:
  explicit PreparedSource(std::filesystem::path spool) : spool_(std::move(spool)) {}

  Result<Answer> ask(const Question& question) override {
    asked = question;
    if (!refusal.empty()) return fail(refusal, "fetch", "as the test wants it");
    const bool kept_away =
        question.asked == Asked::kByTimer && question.quarantined.contains(sha256_hex(module_of_level()));
    if (kept_away) return Answer{.withdrawn = withdrawn};
    Answer answer{
        .newest = level, .leave = level == 0 && withdrawn.contains(question.applied), .withdrawn = withdrawn};
    if (held_back > 0) return Answer{.newest = held_back, .waits = "as the test wants it"};
    if (level > 0 && question.asked != Asked::kToKnow)
      answer.offer = TRY(offer(question.kernel, question.known));
    return answer;
  }

  std::uint32_t level = 1;
  Question asked{};             ///< the last one
  std::uint32_t held_back = 0;  ///< a level that the policy does not let in
  std::map<std::uint32_t, std::string> withdrawn;
  bool two_engines = false;  ///< the offer has a module for each of two
  bool tampered = false;     ///< and its last file is another one
  std::string refusal;

 protected:
  Bytes module_of_level() const { return Bytes(100, static_cast<std::uint8_t>(level)); }
  Result<Offer> offer(const RunningKernel& kernel, const std::string& known) const {
    const Bytes module = module_of_level();
    Offer offer;
    Patchset& patchset = offer.patchset;
    patchset.target = {"debian", kernel.release, "6.1.170-3", "x86_64", kernel.build_id};
    patchset.level = level;
    const std::string name = "suture_" + std::to_string(level);
    patchset.modules = {{"klp", name, name + ".ko", sha256_hex(module), module.size()}};
    if (two_engines) {
      const std::string stop = "suture_stop_" + std::to_string(level);
      patchset.modules.push_back({"stopmachine", stop, stop + ".ko", sha256_hex(kStopModule),
                                  kStopModule.size(),
                                  EngineModule{"suture.ko", sha256_hex(kEngine), kEngine.size(), 1}});
    }
    patchset.fixes = {{"CVE-2026-1", std::string(64, 'a'), {"CVE-2026-1"}}};
    patchset.tool = "suture test";
    offer.manifest = json_text(to_json(patchset));
    if (known == patchset.module().sha256) return Offer{.known = true};
    offer.folder = spool_;
    TRY(write_file(spool_ / patchset.module().file, module));
    if (two_engines) {
      TRY(write_file(spool_ / patchset.modules[1].file, kStopModule));
      TRY(write_file(spool_ / "suture.ko", kEngine));
    }
    if (tampered)
      TRY(write_file(spool_ / patchset.files().back().file, Bytes(patchset.files().back().size, 0xee)));
    return offer;
  }

 private:
  std::filesystem::path spool_;
};

struct Host {
  Host() : folder(TempDir::make("suture-agent").value()), config(make_config()) {}

  AgentConfig make_config() const {
    AgentConfig made;
    made.repository = "file:///nowhere";
    made.state = folder.path() / "state";
    made.socket = folder.path() / "control.sock";
    made.kernel_log = folder.path() / "kmsg";
    made.machine_id = folder.path() / "machine-id";
    return made;
  }
  Agent agent(std::function<void(Step)> watch = {}) { return {config, kernel, source, std::move(watch)}; }
  AgentState state() const { return read_state(config.state / "state.json").value(); }
  std::size_t stored() const {
    std::error_code error;
    const std::filesystem::directory_iterator all(config.state / "patchsets", error);
    return error ? 0 : static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  TempDir folder;
  AgentConfig config;
  FileKernel kernel{folder.path() / "kernel"};
  PreparedSource source{folder.path() / "state/spool"};
};

}  // namespace suture
