// SPDX-License-Identifier: Apache-2.0
//
// Makefiles of a source tree that anybody may have made. What they say of a unit must not depend on what was
// asked before, must be the name of an object, and must come at once, however lists name each other.
//
// The input: the texts of net/Makefile, net/can/Makefile and net/can/deep/Kbuild with a zero byte between
// them; what is behind a fourth one is the unit that is asked for, too.
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/file.h"
#include "build/makefile_text.h"

using namespace suture;

namespace {

std::string value_of(const std::string& option) {
  if (option == "CONFIG_Y") return "y";
  if (option == "CONFIG_M") return "m";
  return option == "CONFIG_TEXT" ? "\"text\"" : "";
}

std::string next_text(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  std::string text(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return text;
}

void put(const std::filesystem::path& path, const std::string& text) {
  // Not synced: there are thousands a second.
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) std::abort();
  std::fclose(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TempDir tree = [] {
    TempDir made =
        TempDir::make("suture-fuzz-makefile", std::filesystem::exists("/dev/shm") ? "/dev/shm" : "").value();
    std::filesystem::create_directories(made.path() / "net/can/deep");
    return made;
  }();
  std::string_view rest = as_text({data, size});
  put(tree.path() / "net/Makefile", next_text(rest));
  put(tree.path() / "net/can/Makefile", next_text(rest));
  put(tree.path() / "net/can/deep/Kbuild", next_text(rest));
  std::array<std::string, 6> units{"net/a.c",          "net/can/a.c",        "net/can/raw.c",
                                   "net/can/deep/a.c", "net/can/deep/b/a.c", next_text(rest)};
  if (units.back().size() > 4096) units.back().clear();
  MakefileTexts together(tree.path(), value_of);
  for (const std::string& unit : units) {
    const std::optional<std::string> object = together.object_of(unit);
    if (object != MakefileTexts(tree.path(), value_of).object_of(unit)) std::abort();
    if (object && object->find_first_of(" \t\n") != std::string::npos) std::abort();
  }
  return 0;
}
