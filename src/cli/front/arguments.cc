// SPDX-License-Identifier: Apache-2.0
#include "cli/front/arguments.h"

#include <string_view>
#include <vector>

namespace suture::cli {
namespace {

struct ValueOption {
  std::string_view name;
  std::string DeltaArguments::*value;
};

constexpr ValueOption kValueOptions[] = {{"-o", &DeltaArguments::output},
                                         {"--output", &DeltaArguments::output},
                                         {"--object", &DeltaArguments::object},
                                         {"--symbols", &DeltaArguments::symbols},
                                         {"--unit", &DeltaArguments::unit}};

std::string DeltaArguments::*value_option(std::string_view word) {
  for (const ValueOption& option : kValueOptions) {
    if (option.name == word) return option.value;
  }
  return nullptr;
}

bool is_value(std::string_view word) {
  return !word.empty() && word.front() != '-';
}

}  // namespace

std::optional<DeltaRequest> plain_delta_request(std::span<char* const> words) {
  DeltaRequest request;
  std::vector<std::string DeltaArguments::*> given;
  std::vector<std::string> objects;
  bool is_delta = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--json" && !request.json) {
      request.json = true;
    } else if (is_value(word)) {
      if (is_delta)
        objects.emplace_back(word);
      else if (word != "delta")
        return std::nullopt;
      is_delta = true;
    } else {
      if (!is_delta || i + 1 == words.size() || !is_value(words[i + 1])) return std::nullopt;
      const char* value = words[++i];
      if (word == "--entry-size") {
        request.arguments.entry_sizes.emplace_back(value);
        continue;
      }
      const auto option = value_option(word);
      if (option == nullptr) return std::nullopt;
      for (const auto earlier : given) {
        if (earlier == option) return std::nullopt;
      }
      given.push_back(option);
      request.arguments.*option = value;
    }
  }
  if (objects.size() != 2 || request.arguments.output.empty()) return std::nullopt;
  request.arguments.original = std::move(objects[0]);
  request.arguments.patched = std::move(objects[1]);
  return request;
}

}  // namespace suture::cli
