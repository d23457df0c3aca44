// SPDX-License-Identifier: Apache-2.0
//
// What a check costs that finds nothing new: both processes of the agent together, in processor time.
//
//   bench_agent FOLDER URL ROOT BUILD-ID CHECKS
//
// FOLDER is for the agent's state. The kernel is said to be BUILD-ID, whatever runs here, and nothing is
// applied.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "agent/agent.h"
#include "agent/repository_source.h"

namespace suture {
namespace {

class NoKernel : public Engine {
 public:
  explicit NoKernel(std::string build_id) : build_id_(std::move(build_id)) {}
  Result<RunningKernel> kernel() const override {
    return RunningKernel{.release = "6.1.0-47-cloud-amd64",
                         .architecture = "x86_64",
                         .build_id = build_id_,
                         .boot_id = "2f7c4a10-9d2e-4c57-8f11-0a1b2c3d4e5f",
                         .uptime_seconds = 1,
                         .livepatch = true};
  }
  Result<Applied> observe() const override { return Applied{}; }
  Result<void> apply(const Patchset& /*patchset*/, ByteView /*module*/) override {
    return fail("engine.no-livepatch", "apply", "a benchmark has no kernel");
  }
  Result<void> revert() override { return {}; }

 private:
  std::string build_id_;
};

double milliseconds(const struct timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

/// Of this process and of the children that it has waited for.
double spent(int whose) {
  struct rusage usage {};
  ::getrusage(whose, &usage);
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

Result<void> measure(const AgentConfig& config, const std::string& build_id, int checks) {
  NoKernel engine(build_id);
  RepositorySource source(config);
  Agent agent(config, engine, source);
  std::vector<double> all;
  double own = 0;
  for (int i = 0; i <= checks; ++i) {
    const double own_before = spent(RUSAGE_SELF);
    const double children_before = spent(RUSAGE_CHILDREN);
    TRY(agent.check());
    const double own_part = spent(RUSAGE_SELF) - own_before;
    const double whole = own_part + spent(RUSAGE_CHILDREN) - children_before;
    if (i == 0) {
      fmt::print("first check     {:6.2f} ms\n", whole);
      continue;
    }
    all.push_back(whole);
    own += own_part;
  }
  std::ranges::sort(all);
  fmt::print(
      "check, median   {:6.2f} ms\ncheck, most     {:6.2f} ms\nits own process {:6.2f} ms on average\n",
      all[all.size() / 2], all.back(), own / static_cast<double>(all.size()));
  return {};
}

}  // namespace
}  // namespace suture

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  int checks = 0;
  if (words.size() == 6) std::from_chars(words[5].data(), words[5].data() + words[5].size(), checks);
  if (checks < 1) {
    fmt::print(stderr, "usage: bench_agent FOLDER URL ROOT BUILD-ID CHECKS\n");
    return 2;
  }
  suture::AgentConfig config;
  config.state = words[1];
  config.repository = words[2];
  config.root = words[3];
  config.distribution = "debian";
  const auto done = suture::measure(config, std::string(words[4]), checks);
  if (!done) fmt::print(stderr, "bench_agent: {}\n", done.error().message());
  return done ? 0 : 1;
}
