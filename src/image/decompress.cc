// SPDX-License-Identifier: Apache-2.0
#include "image/decompress.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "image/little_endian.h"

namespace suture {
namespace {

constexpr std::size_t kSizeTrailer = 4;
constexpr std::uint64_t kLzmaMemory = 1u << 30;

/// What is unpacked, and how large it may become.
struct Contents {
  const char* what = "";
  std::size_t size = 0;  ///< bytes
  bool exact = false;    ///< it must have that size; else, it may be smaller

  std::unexpected<Error> broken(std::string why) const {
    return fail("image.malformed", std::string("unpack ") + what, std::move(why));
  }
  std::unexpected<Error> too_large() const {
    if (exact) return broken("it unpacks to more bytes than it says");
    return fail("image.too-large", std::string("unpack ") + what,
                "it unpacks to more than " + std::to_string(size) + " bytes");
  }
  Result<void> check(std::size_t made) const {
    if (!exact || made == size) return {};
    return broken("it unpacks to " + std::to_string(made) + " bytes and says " + std::to_string(size));
  }
};

enum class Step { kMore, kEnd, kBroken };

/// Output that grows as data really comes, so that a small file which claims a gigabyte does not take one.
class Output {
 public:
  explicit Output(const Contents& contents) : contents_(contents) {}

  /// Free space to unpack into; empty only when as much as may be is there.
  std::span<std::uint8_t> room() {
    if (used_ == bytes_.size()) bytes_.resize(std::min(contents_.size, std::max(bytes_.size() * 2, kFirst)));
    return std::span(bytes_).subspan(used_);
  }
  void advance(std::size_t count) { used_ += count; }

  Result<Bytes> finish() && {
    TRY(contents_.check(used_));
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  static constexpr std::size_t kFirst = 1u << 20;
  const Contents& contents_;
  std::size_t used_ = 0;
  Bytes bytes_;
};

/// Drives a streaming decoder. `step(in, out, taken, made)` unpacks from `in` to `out` and says how far it
/// came with both.
template <class StepFunction>
Result<Bytes> unpack_stream(ByteView in, const Contents& contents, StepFunction step) {
  Output output(contents);
  for (;;) {
    // A decoder may need one more call to see the end of its stream when the output is already complete.
    std::array<std::uint8_t, 1> surplus{};
    std::span<std::uint8_t> room = output.room();
    const bool complete = room.empty();
    if (complete) room = surplus;
    std::size_t taken = 0;
    std::size_t made = 0;
    const Step result = step(in, room, taken, made);
    if (result == Step::kBroken) return contents.broken("the compressed data is damaged");
    if (complete && made > 0) return contents.too_large();
    output.advance(made);
    in = in.subspan(taken);
    if (result == Step::kEnd) return std::move(output).finish();
    if (taken == 0 && made == 0) return contents.broken("the compressed data ends too early");
  }
}

// The libraries count a call's buffers in 32 bits; a payload is smaller (boot.rst: payload_length).
unsigned chunk(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, 1u << 30));
}

Result<Bytes> unpack_gzip(ByteView in, const Contents& contents) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, kGzipOnly) != Z_OK) return contents.broken("zlib does not start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  return unpack_stream(in, contents, [&](ByteView from, std::span<std::uint8_t> to, auto& taken, auto& made) {
    stream.next_in = const_cast<Bytef*>(from.data());
    stream.avail_in = chunk(from.size());
    stream.next_out = to.data();
    stream.avail_out = chunk(to.size());
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    taken = static_cast<std::size_t>(stream.next_in - from.data());
    made = static_cast<std::size_t>(stream.next_out - to.data());
    if (result == Z_STREAM_END) return Step::kEnd;
    return result == Z_OK || result == Z_BUF_ERROR ? Step::kMore : Step::kBroken;
  });
}

Result<Bytes> unpack_bzip2(ByteView in, const Contents& contents) {
  bz_stream stream{};
  if (::BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return contents.broken("libbz2 does not start");
  const std::unique_ptr<bz_stream, int (*)(bz_stream*)> guard(&stream, ::BZ2_bzDecompressEnd);
  return unpack_stream(in, contents, [&](ByteView from, std::span<std::uint8_t> to, auto& taken, auto& made) {
    stream.next_in = const_cast<char*>(as_text(from).data());
    stream.avail_in = chunk(from.size());
    stream.next_out = reinterpret_cast<char*>(to.data());
    stream.avail_out = chunk(to.size());
    const int result = ::BZ2_bzDecompress(&stream);
    taken = chunk(from.size()) - stream.avail_in;
    made = chunk(to.size()) - stream.avail_out;
    if (result == BZ_STREAM_END) return Step::kEnd;
    return result == BZ_OK ? Step::kMore : Step::kBroken;
  });
}

Result<Bytes> unpack_lzma(ByteView in, const Contents& contents, bool xz) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const lzma_ret started =
      xz ? ::lzma_stream_decoder(&stream, kLzmaMemory, 0) : ::lzma_alone_decoder(&stream, kLzmaMemory);
  if (started != LZMA_OK) return contents.broken("liblzma does not start");
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard(&stream, ::lzma_end);
  return unpack_stream(in, contents, [&](ByteView from, std::span<std::uint8_t> to, auto& taken, auto& made) {
    stream.next_in = from.data();
    stream.avail_in = from.size();
    stream.next_out = to.data();
    stream.avail_out = to.size();
    const lzma_ret result = ::lzma_code(&stream, LZMA_RUN);
    taken = from.size() - stream.avail_in;
    made = to.size() - stream.avail_out;
    if (result == LZMA_STREAM_END) return Step::kEnd;
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? Step::kMore : Step::kBroken;
  });
}

Result<Bytes> unpack_zstd(ByteView in, const Contents& contents) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  if (context == nullptr) return contents.broken("libzstd does not start");
  return unpack_stream(in, contents, [&](ByteView from, std::span<std::uint8_t> to, auto& taken, auto& made) {
    ZSTD_inBuffer source{from.data(), from.size(), 0};
    ZSTD_outBuffer sink{to.data(), to.size(), 0};
    const std::size_t result = ::ZSTD_decompressStream(context.get(), &sink, &source);
    taken = source.pos;
    made = sink.pos;
    if (::ZSTD_isError(result) != 0) return Step::kBroken;
    return result == 0 ? Step::kEnd : Step::kMore;
  });
}

// `lz4 -l`: a magic number, then blocks of at most 8 MiB, each behind its compressed size. Nothing marks the
// end (lib/decompress_unlz4.c).
Result<Bytes> unpack_lz4(ByteView in, const Contents& contents) {
  constexpr std::size_t kMagicSize = 4;
  constexpr std::size_t kBlock = 8u << 20;
  in = in.subspan(kMagicSize);
  Bytes out;
  while (!in.empty()) {
    if (in.size() < 4) return contents.broken("the compressed data ends too early");
    const std::size_t size = load_u32(in, 0);
    in = in.subspan(4);
    if (size == 0 || size > in.size()) return contents.broken("a block ends past the compressed data");
    const std::size_t start = out.size();
    const std::size_t room = std::min(kBlock, contents.size - start);
    out.resize(start + room);
    const int made = ::LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()),
                                           reinterpret_cast<char*>(out.data() + start),
                                           static_cast<int>(size), static_cast<int>(room));
    if (made < 0)
      return contents.broken("the compressed data is damaged, or unpacks to more bytes than it says");
    out.resize(start + static_cast<std::size_t>(made));
    in = in.subspan(size);
  }
  TRY(contents.check(out.size()));
  return out;
}

constexpr std::initializer_list<std::uint8_t> kGzip{0x1f, 0x8b};

bool starts_with(ByteView bytes, std::initializer_list<std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

Result<Bytes> unpack(ByteView in, const Contents& contents) {
  if (starts_with(in, kGzip)) return unpack_gzip(in, contents);
  if (starts_with(in, {'B', 'Z', 'h'})) return unpack_bzip2(in, contents);
  if (starts_with(in, {0x5d, 0x00, 0x00})) return unpack_lzma(in, contents, false);
  if (starts_with(in, {0xfd, '7', 'z', 'X', 'Z', 0x00})) return unpack_lzma(in, contents, true);
  if (starts_with(in, {0x02, 0x21, 0x4c, 0x18})) return unpack_lz4(in, contents);
  if (starts_with(in, {0x28, 0xb5, 0x2f, 0xfd})) return unpack_zstd(in, contents);
  const bool lzo = starts_with(in, {0x89, 'L', 'Z', 'O'});
  return fail("image.compression-unsupported", std::string("unpack ") + contents.what,
              lzo ? "it is compressed with LZO, which no current distribution uses for kernels"
                  : "it begins with the bytes of no known compression");
}

}  // namespace

Result<Bytes> decompress_payload(ByteView payload, std::size_t limit) {
  Contents contents{.what = "the kernel image's payload", .exact = true};
  if (payload.size() < 16) return contents.broken("it is too short");
  contents.size = load_u32(payload, payload.size() - kSizeTrailer);
  if (contents.size == 0) return contents.broken("it says that it unpacks to nothing");
  if (contents.size > limit) {
    return fail("image.too-large", "unpack the kernel image's payload",
                "it unpacks to " + std::to_string(contents.size) + " bytes; at most " +
                    std::to_string(limit) + " are accepted");
  }
  // gzip's own trailer is the size.
  if (starts_with(payload, kGzip)) return unpack_gzip(payload, contents);
  return unpack(payload.first(payload.size() - kSizeTrailer), contents);
}

Result<Bytes> decompress_file(ByteView file, std::size_t limit) {
  return unpack(file, {.what = "a packed file", .size = limit});
}

}  // namespace suture
