// SPDX-License-Identifier: Apache-2.0
#include "agent/handed_over.h"

#include <sys/stat.h>

#include <algorithm>

#include "agent/unprivileged.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

/// All in one folder: a link in place of a folder on the way would lead the privileged process elsewhere.
fs::path copy_of(const fs::path& folder, std::string path) {
  std::ranges::replace(path, '/', ',');
  return folder / path;
}

}  // namespace

Result<Bytes> KeepingFetcher::fetch(const std::string& path, std::size_t max_length) {
  Bytes bytes = TRY(inner_.fetch(path, max_length));
  TRY(write_file(copy_of(folder_, path), bytes));
  return bytes;
}

Result<std::optional<Bytes>> KeepingFetcher::fetch_if_changed(const std::string& path, std::size_t max_length,
                                                              std::string& validator) {
  auto bytes = TRY(inner_.fetch_if_changed(path, max_length, validator));
  if (bytes) TRY(write_file(copy_of(folder_, path), *bytes));
  return bytes;
}

Result<Bytes> HandedOverFetcher::fetch(const std::string& path, std::size_t max_length) {
  const fs::path file = copy_of(folder_, path);
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) {
    return fail("repository.absent", "take over " + path, "it was not handed over");
  }
  return read_handed_over_up_to(file, max_length);
}

Result<std::optional<Bytes>> HandedOverFetcher::fetch_if_changed(const std::string& path,
                                                                 std::size_t max_length,
                                                                 std::string& validator) {
  validator.clear();
  auto bytes = fetch(path, max_length);
  if (!bytes && bytes.error().code == "repository.absent") return std::nullopt;
  return TRY(std::move(bytes));
}

}  // namespace suture
