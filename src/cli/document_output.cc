// SPDX-License-Identifier: Apache-2.0
#include "cli/document_output.h"

#include <fmt/format.h>

#include "base/file.h"

namespace suture::cli {

Result<void> put_document(const std::string& file, std::string_view document) {
  if (!file.empty()) return write_file(file, document);
  fmt::print("{}", document);
  return {};
}

}  // namespace suture::cli
