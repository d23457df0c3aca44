// SPDX-License-Identifier: Apache-2.0
#include "base/unfinished.h"

#include <string>
#include <system_error>
#include <vector>

namespace suture {
namespace fs = std::filesystem;

void remove_unfinished(const fs::path& folder) {
  constexpr std::size_t kLetters = 6;
  std::vector<fs::path> left;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    const std::size_t mark = name.rfind(kUnfinished);
    if (mark != std::string::npos && mark + kUnfinished.size() + kLetters == name.size()) {
      left.push_back(at->path());
    }
  }
  for (const fs::path& path : left) fs::remove(path, error);
}

}  // namespace suture
