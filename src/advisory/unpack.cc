// SPDX-License-Identifier: Apache-2.0
#include "advisory/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>

#include "base/file.h"

namespace suture {
namespace {

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

bool is_packed(std::string_view bytes) {
  constexpr std::size_t kTarMagic = 257;
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x1F\x8B"sv,
                                       "\xFD"
                                       "7zXZ\0"sv,
                                       "\x28\xB5\x2F\xFD"sv, "PK\3\4"sv, "PK\5\6"sv}) {
    if (bytes.starts_with(magic)) return true;
  }
  return bytes.size() > kTarMagic && bytes.substr(kTarMagic).starts_with("ustar");
}

std::unexpected<Error> broken(const std::string& why) {
  return fail("advisory.unpack", "unpack it", why);
}

class Unpacker {
 public:
  Unpacker(std::string_view bytes, const UnpackLimits& limits)
      : bytes_(bytes), limits_(limits), archive_(archive_read_new(), &archive_read_free) {}

  Result<void> run(const std::function<bool(std::string_view)>& wanted, const Unpacked& unpacked) {
    TRY(open());
    archive_entry* entry = nullptr;
    for (std::size_t number = 0;; ++number) {
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return {};
      // A warning is about a name's encoding, or the like.
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken(reason());
      if (number >= limits_.documents) return broken("there are too many files in it");
      const bool alone = archive_format(archive_.get()) == ARCHIVE_FORMAT_RAW;
      const char* path = alone ? "" : archive_entry_pathname(entry);
      if (path == nullptr) continue;
      const std::string inside = path;
      if (!alone && (archive_entry_filetype(entry) != AE_IFREG || !wanted(inside))) continue;
      auto text = read();
      // What follows in a broken stream means nothing.
      const bool ended = !text && fatal_;
      TRY(unpacked(inside, text ? Result<std::string_view>(*text) : std::unexpected(text.error())));
      if (ended) return broken("what follows " + inside + " cannot be read");
    }
  }

 private:
  std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "it is broken" : text;
  }

  Result<void> open() {
    archive* reader = archive_.get();
    if (reader == nullptr) return broken("out of memory");
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_zstd(reader);
    archive_read_support_format_zip(reader);
    archive_read_support_format_tar(reader);
    archive_read_support_format_raw(reader);
    if (archive_read_open_memory(reader, bytes_.data(), bytes_.size()) != ARCHIVE_OK) return broken(reason());
    return {};
  }

  Result<std::string_view> read() {
    constexpr std::size_t kPiece = 64u << 10;
    text_.clear();
    while (true) {
      const std::size_t had = text_.size();
      text_.resize(had + kPiece);
      const la_ssize_t count = archive_read_data(archive_.get(), text_.data() + had, kPiece);
      text_.resize(had + static_cast<std::size_t>(count > 0 ? count : 0));
      if (count < 0) {
        fatal_ = count == ARCHIVE_FATAL;
        return broken(reason());
      }
      total_ += static_cast<std::size_t>(count);
      if (total_ > limits_.total) {
        fatal_ = true;
        return broken("it is larger than any known, unpacked");
      }
      if (text_.size() > limits_.document) {
        return broken("it is larger than " + std::to_string(limits_.document) + " bytes, unpacked");
      }
      if (count == 0) return std::string_view(text_);
    }
  }

  std::string_view bytes_;
  const UnpackLimits& limits_;
  Archive archive_;
  std::string text_;
  std::size_t total_ = 0;
  bool fatal_ = false;
};

}  // namespace

Result<void> unpack(std::string_view bytes, const UnpackLimits& limits,
                    const std::function<bool(std::string_view inside)>& wanted, const Unpacked& unpacked) {
  if (is_packed(bytes)) return Unpacker(bytes, limits).run(wanted, unpacked);
  if (bytes.size() <= limits.document) return unpacked({}, bytes);
  return unpacked({}, broken("it is larger than " + std::to_string(limits.document) + " bytes"));
}

Result<std::string> read_packed_text(const std::filesystem::path& file, std::size_t most) {
  const std::string packed = TRY(read_text_file(file, most));
  std::optional<std::string> whole;
  TRY_IN(file.string(),
         unpack(
             packed, {.document = most, .documents = 1, .total = most}, [](std::string_view) { return true; },
             [&](std::string_view, Result<std::string_view> text) -> Result<void> {
               whole = std::string(TRY(std::move(text)));
               return {};
             }));
  if (!whole) return std::unexpected(broken("there is no file in it").error().in(file.string()));
  return std::move(*whole);
}

}  // namespace suture
