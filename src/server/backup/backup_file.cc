// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/hash.h"

namespace suture::server {
namespace {

/// A report has 64 KiB at most, and no other text comes near.
constexpr std::size_t kMostLine = 4u << 20;
constexpr std::size_t kPiece = 1u << 20;

}  // namespace

RunningHash::RunningHash() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void RunningHash::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string RunningHash::hex() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
  return to_hex({digest.data(), length});
}

Result<BackupWriter> BackupWriter::open(std::filesystem::path file) {
  std::filesystem::path beside = file;
  beside += fmt::format(".{}", ::getpid());
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail_errno("backup.file", "write " + beside.string());
  return BackupWriter(std::move(file), std::move(beside), descriptor);
}

BackupWriter::~BackupWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<void> BackupWriter::write_out() {
  for (std::string_view left = pending_; !left.empty();) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("backup.file", "write " + beside_.string());
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

Result<void> BackupWriter::put(const Json& line) {
  std::string text;
  try {
    text = line.dump() + "\n";
  } catch (const Json::exception&) {
    return fail("backup.text", "write " + file_.string(), "the database has a text that is no UTF-8");
  }
  hash_.add(text);
  pending_ += text;
  return pending_.size() < kPiece ? Result<void>() : write_out();
}

Result<void> BackupWriter::finish() {
  pending_ += Json{{"sha256", hash_.hex()}}.dump() + "\n";
  TRY(write_out());
  const std::string what = "write " + file_.string();
  if (::fsync(descriptor_) != 0) return fail_errno("backup.file", what);
  if (::close(std::exchange(descriptor_, -1)) != 0) return fail_errno("backup.file", what);
  if (::rename(beside_.c_str(), file_.c_str()) != 0) return fail_errno("backup.file", what);
  beside_.clear();
  // The name, too, must outlive a power cut.
  const auto folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
  const int place = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place >= 0) {
    ::fsync(place);
    ::close(place);
  }
  return {};
}

std::unexpected<Error> malformed_backup(std::string why) {
  return fail("backup.malformed", "read the backup", std::move(why));
}

Result<std::optional<Json>> BackupReader::next() {
  ++line_;
  std::string text;
  while (true) {
    const int byte = bytes_.get();
    if (byte == std::istream::traits_type::eof()) return malformed_backup("it is cut off");
    text += static_cast<char>(byte);
    if (byte == '\n') break;
    if (text.size() > kMostLine) return malformed_backup(fmt::format("line {} is too long", line_));
  }
  auto json = parse_json(text, fmt::format("line {}", line_), {.bytes = kMostLine + 1, .depth = 4});
  if (!json) return malformed_backup(json.error().what + ": " + json.error().why);
  if (!json->is_object() || !json->contains("sha256")) {
    hash_.add(text);
    return *std::move(json);
  }
  if (json->size() != 1 || json->at("sha256") != hash_.hex()) {
    return malformed_backup("it is not as it was written: its checksum is another one");
  }
  if (bytes_.get() != std::istream::traits_type::eof())
    return malformed_backup("there is more behind its end");
  return std::nullopt;
}

}  // namespace suture::server
