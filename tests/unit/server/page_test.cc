// SPDX-License-Identifier: Apache-2.0
#include "server/page/page.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "server/api.h"

namespace suture::server {
namespace {

constexpr PageFile kFiles[] = {
    {"/", "text/html; charset=utf-8", "aa", false, {0, 4}, {4, 4}, {8, 2}},
    {"/assets/app-0A1B2C3D.js", "text/javascript; charset=utf-8", "bb", true, {0, 4}, {4, 4}, {8, 2}},
};
constexpr WebPage kPage{kFiles, "htmlgzipbr"};

class PageTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  Response ask(std::string target, std::string accept_encoding = {}, std::string if_none_match = {}) {
    return api_.handle({.method = "GET",
                        .target = std::move(target),
                        .accept_encoding = std::move(accept_encoding),
                        .if_none_match = std::move(if_none_match)});
  }

  Store store_ = *Store::open(":memory:");
  AccessStore tokens_ = *AccessStore::open(":memory:");
  Access access_{tokens_, {}};
  Api api_{{.store = store_, .access = access_, .page = &kPage}};
};

TEST_F(PageTest, IsServedWithItsTypeAndWhatABrowserMustNotDo) {
  const auto page = ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "html");
  EXPECT_EQ(page.headers.at("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("Cache-Control"), "no-cache");
  EXPECT_EQ(page.headers.at("X-Frame-Options"), "DENY");
  const auto& policy = page.headers.at("Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'; script-src 'self'; style-src 'self';"), policy.npos);
  EXPECT_EQ(policy.find("unsafe"), policy.npos);
}

TEST_F(PageTest, NamesWithAHashAreKeptForEver) {
  const auto script = ask("/assets/app-0A1B2C3D.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.headers.at("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(PageTest, IsCompressedForWhoTakesIt) {
  EXPECT_EQ(ask("/", "gzip, deflate, br").body, "br");
  EXPECT_EQ(ask("/", "gzip, deflate, br").headers.at("Content-Encoding"), "br");
  EXPECT_EQ(ask("/", "gzip;q=0.5").body, "gzip");
  EXPECT_EQ(ask("/", "gzip;q=0.5").headers.at("Vary"), "Accept-Encoding");
  for (const auto* plain : {"", "identity", "gzip;q=0", "br;q=0.0 , gzip; q=0", "bread", ";;,,q="}) {
    EXPECT_EQ(ask("/", plain).body, "html") << plain;
    EXPECT_FALSE(ask("/", plain).headers.contains("Content-Encoding")) << plain;
  }
}

TEST_F(PageTest, WhoHasItAlreadyIsToldSo) {
  const auto etag = ask("/", "gzip").headers.at("ETag");
  EXPECT_NE(etag, ask("/").headers.at("ETag"));
  const auto again = ask("/", "gzip", etag);
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(ask("/", "br", etag).status, 200);
}

TEST_F(PageTest, WhatIsNotInItIsNotThere) {
  EXPECT_EQ(ask("/assets/app-0A1B2C3D.css").status, 404);
  EXPECT_EQ(ask("/assets/../").status, 404);
  EXPECT_EQ(ask("/assets/").status, 404);
  EXPECT_EQ(ask("/index.html").status, 404);
}

TEST_F(PageTest, AServerThatWasBuiltWithoutSaysSo) {
  const Services without{.store = store_, .access = access_};
  const auto page = Api(without).handle({.method = "GET", .target = "/"});
  EXPECT_EQ(page.status, 404);
  EXPECT_NE(page.body.find("page.absent"), page.body.npos);
}

}  // namespace
}  // namespace suture::server
