// SPDX-License-Identifier: Apache-2.0
//
// What the Makefiles of a kernel say of a unit, read as text: most name it in plain lists
// ("obj-$(CONFIG_CAN_RAW)
// += can-raw.o", "can-raw-y := raw.o"). What stands under a condition, or is made of functions of make, is
// not understood, and is for kbuild to tell.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suture {

class MakefileTexts {
 public:
  /// `value_of`: an option's value in the configuration, empty when it is not set.
  MakefileTexts(std::filesystem::path source, std::function<std::string(const std::string& option)> value_of)
      : source_(std::move(source)), value_of_(std::move(value_of)) {}

  /// "vmlinux", or the module as in /proc/modules; an empty text: it is not built. Nothing when the Makefiles
  /// do not say it plainly.
  std::optional<std::string> object_of(const std::string& unit);

 private:
  enum class State : std::uint8_t { kNo, kModule, kYes };
  struct List {
    std::string name{};    ///< "obj", "can-raw"
    std::string option{};  ///< "y", "m", "objs", "$(CONFIG_CAN_RAW)"
    std::vector<std::string> words{};
    bool conditional = false;
  };
  /// A unit's state, and the module that it would be in.
  struct Found {
    State state = State::kNo;
    std::string module{};
  };

  const std::vector<List>& lists_of(const std::filesystem::path& folder);
  std::optional<State> state_of(const List& list) const;
  /// What find() knows already, so that lists which name each other many times are followed once.
  using Known = std::map<std::string, std::optional<Found>>;
  std::optional<Found> find(const std::filesystem::path& folder, const std::string& object, int depth,
                            Known& known);
  std::optional<State> entered(const std::filesystem::path& folder);

  std::filesystem::path source_;
  std::function<std::string(const std::string&)> value_of_;
  std::map<std::string, std::vector<List>> lists_;
};

}  // namespace suture
