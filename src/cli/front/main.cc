// SPDX-License-Identifier: Apache-2.0
//
// `suture`, as people call it. To load the libraries that some command needs (HTTP, cryptography), and to
// make ready for any command line, takes longer than to make a delta, which scripts do for thousands of pairs
// of objects. So `suture delta`, called as scripts call it, is in this small program, and it becomes
// suture-all, which has all commands, for anything else. On servers, suture-all is not installed; there it
// becomes suture-host.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/front/arguments.h"
#include "cli/front/heap.h"
#include "cli/outcome.h"

namespace suture::cli {
namespace {

/// Returns only when that fails.
void become_another(char** argv) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* program : {"suture-all", "suture-host"}) {
    // Where it is built, and where it is installed.
    for (const char* place : {"", "../libexec/suture"}) {
      ::execv((folder / place / program).c_str(), argv);
    }
  }
  fmt::print(stderr,
             "suture: start suture-all or suture-host: neither is in {} or in ../libexec/suture beside it\n",
             folder.string());
}

int make_delta(const DeltaRequest& request) {
  take_memory_in_large_pages();
  const Result<int> status = run_delta(request.arguments, request.json);
  if (status) return *status;
  print_error(status.error(), request.json);
  return delta_failure_status(status.error());
}

}  // namespace
}  // namespace suture::cli

int main(int argc, char** argv) {
  using namespace suture::cli;
  const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
  if (const auto request = plain_delta_request(words.subspan(words.empty() ? 0 : 1)))
    return make_delta(*request);
  become_another(argv);
  return kFailed;
}
