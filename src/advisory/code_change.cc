// SPDX-License-Identifier: Apache-2.0
#include "advisory/code_change.h"

#include "advisory/changed_parts.h"

namespace suture {

Result<CodeChange> read_code_change(std::string_view diff, const std::string& origin,
                                    const FileTexts& texts) {
  CodeChange change{.origin = origin};
  for (const ChangedFile& file : TRY(read_changed_parts(diff, "read the change of " + origin, texts)))
    change.files.push_back(change_of_parts(file));
  return change;
}

}  // namespace suture
