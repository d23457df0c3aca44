// SPDX-License-Identifier: Apache-2.0
//
// What goes over the wire: cut downloads that go on, unchanged files that are not sent, and little of it.
#include "fetch/http_fetcher.h"

#include "evil_server.h"
#include "make.h"
#include "repository/client.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::EvilServer;
using test::kNow;
using test::must;

class Http : public testing::Test {
 protected:
  Http() {
    for (std::size_t i = 0; i < 100'000; i++) module.push_back(static_cast<std::uint8_t>(i * i >> 7));
    must(write_file(folder.path() / "www/module", module));
  }
  HttpFetcher open() const { return must(HttpFetcher::open(server.url())); }
  Result<void> fetch(HttpFetcher& fetcher) { return fetcher.fetch_file("module", module.size(), file); }
  Bytes got() const { return read_file(file).value_or(Bytes()); }

  TempDir folder = test::scratch();
  EvilServer server{folder.path() / "www"};
  Bytes module;
  fs::path file = folder.path() / "got";
};

TEST_F(Http, ADownloadThatIsCutAnywhereGoesOnAndNoByteComesTwice) {
  for (std::size_t at = 1; at < module.size(); at += 997) {
    fs::remove(file);
    server.behave_well();
    server.behave("module", {.cut = at, .cuts = 1});
    HttpFetcher fetcher = open();
    ASSERT_EQ(code(fetch(fetcher)), "ok") << at;
    ASSERT_EQ(got(), module) << at;
    ASSERT_EQ(server.sent("module"), module.size()) << at;
    ASSERT_EQ(server.requests().back().first, at);
  }
}

TEST_F(Http, ADownloadThatIsCutAgainAndAgainEndsWhole) {
  server.behave("module", {.cut = 997});
  HttpFetcher fetcher = open();
  ASSERT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(got(), module);
  EXPECT_EQ(server.sent("module"), module.size());
  EXPECT_EQ(server.requests().size(), module.size() / 997 + 1);
}

TEST_F(Http, TheNextProcessGoesOnWhereTheLastOneEnded) {
  must(write_file(file, ByteView(module).first(60'000)));
  HttpFetcher fetcher = open();
  ASSERT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(got(), module);
  EXPECT_EQ(server.sent("module"), 40'000u);
  ASSERT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(server.requests().size(), 1u);
}

// A slow machine takes longer still.
TEST_F(Http, NoMoreBytesASecondThanAllowed) {
  HttpFetcher fetcher = must(HttpFetcher::open(server.url(), {.rate = 40'000}));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(got(), module);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(Http, WhoseTimeIsUpIsGivenUpAndWhatCameStays) {
  server.behave("module", {.drip = true});
  HttpOptions options;
  options.end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  HttpFetcher fetcher = must(HttpFetcher::open(server.url(), options));
  EXPECT_EQ(code(fetch(fetcher)), "repository.unreachable");
  EXPECT_LT(got().size(), module.size());
  EXPECT_EQ(code(fetcher.fetch("module", 1'000'000)), "repository.unreachable");
}

TEST_F(Http, AServerWithoutRangesStartsOver) {
  must(write_file(file, ByteView(module).first(60'000)));
  server.behave("module", {.ranges = false});
  HttpFetcher fetcher = open();
  ASSERT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(got(), module);
}

TEST_F(Http, AServerThatAlwaysBreaksAtOnePlaceIsGivenUp) {
  server.behave("module", {.cut = 0});
  HttpFetcher fetcher = open();
  EXPECT_EQ(code(fetch(fetcher)), "repository.unreachable");
  server.behave("module", {.cut = 5000, .ranges = false});
  EXPECT_EQ(code(fetch(fetcher)), "repository.unreachable");
  EXPECT_LE(server.requests().size(), 6u);
}

TEST_F(Http, WhatIsTooLongOrTooShortIsRefused) {
  server.behave("module", {.bytes = Bytes(module.size() + 1)});
  HttpFetcher fetcher = open();
  EXPECT_EQ(code(fetch(fetcher)), "repository.too-large");
  fs::remove(file);
  server.behave("module", {.bytes = Bytes(module.size() - 1)});
  EXPECT_NE(code(fetch(fetcher)), "ok");
  must(write_file(file, Bytes(module.size() + 1)));
  server.behave_well();
  EXPECT_EQ(code(fetch(fetcher)), "ok");
  EXPECT_EQ(got(), module);
}

TEST_F(Http, AnUnchangedFileIsNotSentAgain) {
  HttpFetcher fetcher = open();
  std::string validator;
  EXPECT_EQ(must(fetcher.fetch_if_changed("module", module.size(), validator)), module);
  EXPECT_FALSE(validator.empty());
  EXPECT_FALSE(must(fetcher.fetch_if_changed("module", module.size(), validator)));
  EXPECT_EQ(server.requests().back().status, 304);
  EXPECT_EQ(server.requests().back().if_none_match, validator);
  server.answer("module", "changed");
  EXPECT_EQ(as_text(must(fetcher.fetch_if_changed("module", module.size(), validator)).value()), "changed");
  server.behave("module", {.tags = false});
  EXPECT_TRUE(must(fetcher.fetch_if_changed("module", module.size(), validator)));
  EXPECT_TRUE(validator.empty());
}

// nginx makes its tags of the second of the change and the length; two publications fit into one second.
TEST_F(Http, ATagOfTheSameSecondIsNotKept) {
  HttpFetcher fetcher = open();
  std::string validator;
  const std::string changed = "Last-Modified: Thu, 26 Nov 2026 21:00:00 GMT\r\n";
  const auto fetched_at = [&](const char* date) {
    server.behave("module", {.headers = changed + "Date: Thu, 26 Nov 2026 21:00:" + date + " GMT\r\n"});
    must(fetcher.fetch_if_changed("module", module.size(), validator));
    return !std::exchange(validator, "").empty();
  };
  EXPECT_FALSE(fetched_at("00"));
  EXPECT_FALSE(fetched_at("01"));
  EXPECT_TRUE(fetched_at("02"));
}

// An answer that nobody asked for must not pass for an empty file.
TEST_F(Http, AnUnaskedUnchangedIsAnError) {
  server.behave("module", {.status = 304});
  HttpFetcher fetcher = open();
  EXPECT_EQ(code(fetcher.fetch("module", 10)), "repository.unreachable");
}

TEST_F(Http, EachStatusIsWhatItIs) {
  HttpFetcher fetcher = open();
  EXPECT_EQ(code(fetcher.fetch("absent", 10)), "repository.absent");
  for (const int status : {204, 206, 400, 403, 410, 416, 500, 503}) {
    server.behave("module", {.status = status});
    EXPECT_EQ(code(fetcher.fetch("module", 10)), "repository.unreachable") << status;
  }
}

TEST_F(Http, RedirectsLeadToWebServersOnlyAndEnd) {
  server.behave("moved", {.redirect = server.url() + "/module"});
  server.behave("round", {.redirect = server.url() + "/round"});
  server.behave("inside", {.redirect = "file://" + (folder.path() / "www/module").string()});
  HttpFetcher fetcher = open();
  EXPECT_EQ(must(fetcher.fetch("moved", module.size())), module);
  EXPECT_EQ(code(fetcher.fetch("round", 10)), "repository.unreachable");
  EXPECT_EQ(code(fetcher.fetch("inside", module.size())), "repository.unreachable");
}

TEST_F(Http, EndlessHeadersEnd) {
  server.behave("module", {.endless_headers = true});
  HttpFetcher fetcher = open();
  EXPECT_EQ(code(fetcher.fetch("module", 10)), "repository.unreachable");
  EXPECT_LT(server.sent("module"), 32u << 20);
}

TEST_F(Http, AnIdleCheckIsOneSmallRequest) {
  const test::Repository repository;
  must(repository.publish(1));
  server.serve(repository.context.repository);
  const auto look = [&](HttpFetcher& fetcher) {
    RepositoryClient client =
        must(RepositoryClient::open(folder.path() / "state", fetcher, repository.metadata("1.root.json")));
    must(client.refresh(kNow));
    return must(client.catalog(test::kStable, test::kBuildId)).newest()->level;
  };
  HttpFetcher first = open();
  look(first);
  for (const bool tags : {true, false}) {
    server.behave("metadata/timestamp.json", {.tags = tags});
    HttpFetcher fetcher = open();
    EXPECT_EQ(look(fetcher), 1u);
    EXPECT_EQ(fetcher.traffic().requests, 1u);
    EXPECT_LT(fetcher.traffic().bytes, 2048u);
  }
}

}  // namespace
}  // namespace suture
