// SPDX-License-Identifier: Apache-2.0
#include "fetch/fetcher.h"

namespace suture {

Result<Bytes> FolderFetcher::fetch(const std::string& path, std::size_t max_length) {
  const std::filesystem::path file = folder_ / path;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail("repository.absent", "read " + file.string(), "there is no such file",
                "Check the repository's folder.");
  }
  auto bytes = read_file(file, max_length);
  if (!bytes && bytes.error().code == "file.too-large") {
    Error problem = std::move(bytes).error();
    problem.code = "repository.too-large";
    return std::unexpected(std::move(problem));
  }
  return bytes;
}

}  // namespace suture
