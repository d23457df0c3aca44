// SPDX-License-Identifier: Apache-2.0
//
// Conditions of the preprocessor, and a configuration to ask. Whatever they are, the answer obeys logic.
//
// The input: a condition, a zero byte, and the text of a .config.
#include <cstdlib>
#include <string>

#include "advisory/config_condition.h"
#include "advisory/source_text.h"
#include "base/file.h"

using namespace suture;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = as_text({data, size});
  const std::string condition(all.substr(0, all.find('\0')));
  const std::string_view text = all.substr(std::min(condition.size() + 1, all.size()));
  const KernelConfig config = parse_kernel_config(text);
  for (const auto& [name, value] : config) {
    if (!name.starts_with("CONFIG_") || name.find('=') != std::string::npos || value == "n") std::abort();
    if (name.find('\n') != std::string::npos || value.find('\n') != std::string::npos) std::abort();
  }
  const std::optional<bool> answer = holds(condition, config);
  if (!answer) return 0;
  // What was understood has no comment that is left open, nor more parentheses than match.
  if (const auto negated = holds("!(" + condition + "\n)", config); negated && *negated == *answer)
    std::abort();
  if (holds("(" + condition + "\n) || 1", config).value_or(true) != true) std::abort();
  if (holds("(" + condition + "\n) && 0", config).value_or(false) != false) std::abort();
  if (source_tokens(condition).empty()) std::abort();
  return 0;
}
