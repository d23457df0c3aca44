// SPDX-License-Identifier: Apache-2.0
//
// `suture`, as people call it. To load the libraries that some command needs (HTTP, cryptography)
// takes longer than to make a delta, which scripts do for thousands of pairs of objects. So `suture delta`
// is in this small program, and it becomes suture-all, which has all commands, for anything else.
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "cli/front/heap.h"
#include "cli/program.h"

namespace {

/// The command comes first, but for flags of the whole program.
bool asks_for_delta(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') return std::strcmp(argv[i], "delta") == 0;
  }
  return false;
}

/// Returns only when that fails.
void become_suture_all(char** argv) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  // Where it is built, and where it is installed.
  for (const char* place : {"suture-all", "../libexec/suture/suture-all"}) {
    ::execv((folder / place).c_str(), argv);
  }
  fmt::print(stderr, "suture: start suture-all: it is neither in {} nor in ../libexec/suture\n",
             folder.string());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace suture::cli;
  if (asks_for_delta(argc, argv)) {
    take_memory_in_large_pages();
    return run_program(argc, argv, add_delta_command);
  }
  become_suture_all(argv);
  return kFailed;
}
