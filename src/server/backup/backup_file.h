// SPDX-License-Identifier: Apache-2.0
//
// The lines of a backup: one JSON document each, the last of which has the SHA-256 of all before it. Neither
// side holds more than one line.
#pragma once

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <istream>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/json.h"

namespace suture::server {

/// SHA-256 of what comes piece by piece.
class RunningHash {
 public:
  RunningHash();
  void add(std::string_view bytes);
  std::string hex();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// Beside the file until finish(), which puts it in its place; else nothing stays. Only its owner reads it:
/// hashes of tokens are in it.
class BackupWriter {
 public:
  static Result<BackupWriter> open(std::filesystem::path file);
  BackupWriter(BackupWriter&& other) noexcept
      : file_(std::move(other.file_)),
        beside_(std::exchange(other.beside_, {})),
        descriptor_(std::exchange(other.descriptor_, -1)),
        hash_(std::move(other.hash_)),
        pending_(std::move(other.pending_)) {}
  BackupWriter& operator=(BackupWriter&&) = delete;
  ~BackupWriter();

  /// "backup.text" for a text that is no UTF-8, which JSON does not hold.
  Result<void> put(const Json& line);
  Result<void> finish();

 private:
  BackupWriter(std::filesystem::path file, std::filesystem::path beside, int descriptor)
      : file_(std::move(file)), beside_(std::move(beside)), descriptor_(descriptor) {}
  Result<void> write_out();
  std::filesystem::path file_;
  std::filesystem::path beside_;
  int descriptor_;
  RunningHash hash_{};
  std::string pending_{};
};

class BackupReader {
 public:
  explicit BackupReader(std::istream& bytes) : bytes_(bytes) {}

  /// The next line, or nothing where the hash stands and holds, and the file ends. "backup.malformed".
  Result<std::optional<Json>> next();

 private:
  std::istream& bytes_;
  RunningHash hash_{};
  std::size_t line_ = 0;
};

std::unexpected<Error> malformed_backup(std::string why);

}  // namespace suture::server
