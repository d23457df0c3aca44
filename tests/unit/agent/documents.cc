// SPDX-License-Identifier: Apache-2.0
//
// What the agent answers when it has changed something; in the folder that SUTURE_DOCUMENTS names, if it
// does, for tests/cli/json_schemas.py.
#include <cstdlib>

#include "agent/control.h"
#include "base/json.h"
#include "fixture.h"

namespace suture {
namespace {

void expect_answer(Agent& agent, std::string_view request, const std::string& outcome) {
  const auto answer = handle_request(agent, request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->at("outcome"), outcome);
  if (const char* folder = std::getenv("SUTURE_DOCUMENTS"); folder != nullptr) {
    EXPECT_TRUE(write_file(std::filesystem::path(folder) / (outcome + ".json"), json_text(*answer)));
  }
}

TEST(Documents, OfEachOutcome) {
  Host host;
  Agent agent = host.agent();
  expect_answer(agent, "update", "applied");
  expect_answer(agent, "update", "up-to-date");
  expect_answer(agent, "revert", "reverted");
  host.source.held_back = 2;
  expect_answer(agent, "update", "waiting");
}

}  // namespace
}  // namespace suture
