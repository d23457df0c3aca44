// SPDX-License-Identifier: Apache-2.0
#include "server/wire/file_cache.h"

#include <gtest/gtest.h>

#include <ctime>

#include "server/wire/static_files.h"

namespace suture::server {
namespace {

struct stat long_ago(std::size_t size) {
  struct stat status {};
  status.st_ino = 7;
  status.st_size = static_cast<off_t>(size);
  status.st_mtim = {1000, 1};
  status.st_ctim = {1000, 2};
  return status;
}

FileCache::Bytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(FileCache, ServesTheVeryFileOnly) {
  const auto status = long_ago(5);
  const auto change = [&](auto make) {
    FileCache cache;
    cache.keep("a", status, bytes("hello"));
    EXPECT_EQ(*cache.find("a", status), "hello");
    EXPECT_EQ(cache.find("b", status), nullptr);
    struct stat other = status;
    make(other);
    EXPECT_EQ(cache.find("a", other), nullptr);
    EXPECT_EQ(cache.find("a", status), nullptr) << "what has changed is forgotten";
  };
  change([](struct stat& other) { other.st_ino++; });
  change([](struct stat& other) { other.st_dev++; });
  change([](struct stat& other) { other.st_size++; });
  change([](struct stat& other) { other.st_mtim.tv_nsec++; });
  change([](struct stat& other) { other.st_ctim.tv_nsec++; });
}

TEST(FileCache, KeepsNothingLargeOrNew) {
  FileCache cache;
  const auto large = long_ago(FileCache::kLargest + 1);
  cache.keep("large", large, bytes(std::string(FileCache::kLargest + 1, 'x')));
  EXPECT_EQ(cache.find("large", large), nullptr);
  auto fresh = long_ago(1);
  fresh.st_ctim.tv_sec = std::time(nullptr);
  cache.keep("new", fresh, bytes("x"));
  EXPECT_EQ(cache.find("new", fresh), nullptr);
}

TEST(FileCache, IsBounded) {
  FileCache cache;
  for (int i = 0; i < 1000; ++i) cache.keep(std::to_string(i), long_ago(1), bytes("x"));
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += cache.find(std::to_string(i), long_ago(1)) != nullptr;
  EXPECT_GE(kept, 1);
  EXPECT_LE(kept, 64);
}

// With a file old enough to be kept: one of the system's, which is not ours to change.
TEST(FileCache, AnswersAreTheSameWithIt) {
  const auto files = StaticFiles::open("/etc");
  ASSERT_TRUE(files) << files.error().message();
  const Request request{.method = "GET", .target = "/repository/passwd"};
  const auto first = files->handle(request, "passwd");
  const auto second = files->handle(request, "passwd");
  ASSERT_TRUE(first.file && second.file);
  EXPECT_EQ(first.response.headers, second.response.headers);
  EXPECT_EQ(first.range, second.range);
  std::string one(first.file->size(), ' ');
  std::string other(second.file->size(), ' ');
  EXPECT_EQ(first.file->read(0, one).value(), one.size());
  EXPECT_EQ(second.file->read(0, other).value(), other.size());
  EXPECT_EQ(one, other);
  const Request part{.method = "GET", .target = "/repository/passwd", .range = "bytes=1-3"};
  EXPECT_EQ(files->handle(part, "passwd").range, (ByteRange{1, 3}));
  Request known = request;
  known.if_none_match = second.response.headers.at("ETag");
  EXPECT_EQ(files->handle(known, "passwd").response.status, 304);
  EXPECT_EQ(files->handle(request, "/etc/passwd").response.status, 404);
  EXPECT_EQ(files->handle(request, "../etc/passwd").response.status, 404);
}

}  // namespace
}  // namespace suture::server
