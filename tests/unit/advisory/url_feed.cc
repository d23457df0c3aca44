// SPDX-License-Identifier: Apache-2.0
//
// Documents on a web server: little is asked for when nothing has changed, and what a server does wrong is
// told.
#include "../repository/evil_server.h"
#include "watch_place.h"

namespace suture {
namespace {

using test::cve_number;
using test::cve_record;
using test::kev_catalogue;

class UrlFeed : public test::WatchPlace {
 protected:
  UrlFeed() {
    server.serve(records());
    config.sources[0] = {.name = "kev",
                         .format = FeedFormat::kKev,
                         .kind = PlaceKind::kUrl,
                         .location = server.url() + "/kev.json"};
  }
  void list_kev(const std::vector<std::string>& cves) {
    ASSERT_TRUE(write_file(records() / "kev.json", kev_catalogue(cves)));
  }
  test::EvilServer server{folder.path()};
};

TEST_F(UrlFeed, AnUnchangedDocumentIsNotSentAgain) {
  list_kev({cve_number(1), cve_number(2)});
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).records.added, 2u);
  const SourceReport again = synced_one(store);
  EXPECT_EQ(again.read, 0u);
  EXPECT_EQ(again.bytes, 0u);
  EXPECT_EQ(server.requests().back().status, 304);
  list_kev({cve_number(1), cve_number(3)});
  const SourceReport changed = synced_one(store);
  EXPECT_EQ(changed.records.added, 1u);
  EXPECT_EQ(changed.records.removed, 1u);
}

TEST_F(UrlFeed, AServerWithoutTagsIsAskedByTheTimeOfTheLastChange) {
  const std::string text = kev_catalogue({cve_number(1)});
  server.behave("kev.json", {.bytes = Bytes(text.begin(), text.end()),
                             .tags = false,
                             .headers = "Last-Modified: Thu, 26 Nov 2026 21:00:00 GMT\r\n"
                                        "Date: Thu, 26 Nov 2026 22:00:00 GMT\r\n"});
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).records.added, 1u);
  EXPECT_EQ(server.requests().back().if_modified_since, "");
  server.behave("kev.json", {.status = 304});
  const SourceReport again = synced_one(store);
  EXPECT_EQ(problem(again), "none");
  EXPECT_EQ(again.read, 0u);
  EXPECT_EQ(server.requests().back().if_modified_since, "Thu, 26 Nov 2026 21:00:00 GMT");
}

// Then it is sent each time, and its hash tells that it is the same.
TEST_F(UrlFeed, AServerWithoutEitherCostsNoMoreThanTheDownload) {
  const std::string text = kev_catalogue({cve_number(1)});
  server.behave("kev.json", {.bytes = Bytes(text.begin(), text.end()), .tags = false});
  AdvisoryStore store = open();
  synced(store);
  const SourceReport again = synced_one(store);
  EXPECT_EQ(again.bytes, text.size());
  EXPECT_EQ(again.records.unchanged, 0u);
}

TEST_F(UrlFeed, AServerThatFailsLeavesWhatWasKnown) {
  list_kev({cve_number(1)});
  AdvisoryStore store = open();
  synced(store);
  server.behave("kev.json", {.status = 503});
  EXPECT_EQ(problem(synced_one(store)), "repository.unreachable");
  server.behave("kev.json", {.status = 404});
  EXPECT_EQ(problem(synced_one(store)), "repository.absent");
  server.behave("kev.json", {.endless = 1ull << 40});
  EXPECT_EQ(problem(synced_one(store)), "repository.too-large");
  server.answer("kev.json", "<html>sign in to this network</html>");
  EXPECT_EQ(synced_one(store).records.kept_aside, 1u);
  EXPECT_EQ(store.list({})->size(), 1u);
}

class CsafFeed : public UrlFeed {
 protected:
  CsafFeed() {
    config.sources[0] = {
        .name = "vex", .format = FeedFormat::kCve, .kind = PlaceKind::kUrl, .location = server.url() + "/"};
  }
  void list_changes(const std::string& text) { ASSERT_TRUE(write_file(records() / "changes.csv", text)); }
};

// The listing is CSAF's; what the documents are is the reader's business, and these are shorter.
TEST_F(CsafFeed, OnlyWhatTheListNamesAsChangedIsFetched) {
  put("2026/" + cve_number(1), cve_record(cve_number(1)));
  put("2026/" + cve_number(2), cve_record(cve_number(2)));
  list_changes("\"2026/" + cve_number(2) + ".json\",\"2026-11-02T00:00:00Z\"\r\n2026/" + cve_number(1) +
               ".json,2026-11-01T00:00:00Z\nnonsense\n\"../etc/CVE-2026-1111.json\",\"x\"\n");
  AdvisoryStore store = open();
  const SourceReport first = synced_one(store);
  EXPECT_EQ(problem(first), "none") << first.problem->message();
  EXPECT_EQ(first.records.added, 2u);
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(synced_one(store).read, 0u);
  EXPECT_EQ(server.requests().size(), 4u);

  put("2026/" + cve_number(1), cve_record(cve_number(1), "net: another title"));
  list_changes("\"2026/" + cve_number(1) + ".json\",\"2026-11-03T00:00:00Z\"\n");
  const SourceReport second = synced_one(store);
  EXPECT_EQ(second.records.changed, 1u);
  EXPECT_EQ(second.gone, 1u);
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(CsafFeed, ADocumentThatIsNotThereIsKeptAsideAndTriedAgain) {
  list_changes("CVE-2026-10001.json,2026-11-02T00:00:00Z\n");
  AdvisoryStore store = open();
  EXPECT_EQ(synced_one(store).records.kept_aside, 1u);
  EXPECT_EQ(store.kept_aside()->at(0).code, "repository.absent");
  put(cve_number(1), cve_record(cve_number(1)));
  EXPECT_EQ(synced_one(store).records.added, 1u);
  EXPECT_TRUE(store.kept_aside()->empty());
  EXPECT_EQ(synced_one(store).read, 0u);
}

TEST_F(CsafFeed, AServerThatGoesAwayInTheMiddleIsGoneOnWith) {
  put_all(3);
  list_changes("CVE-2026-10000.json,1\nCVE-2026-10001.json,1\nCVE-2026-10002.json,1\n");
  server.behave("CVE-2026-10001.json", {.status = 503});
  AdvisoryStore store = open();
  const SourceReport first = synced_one(store);
  EXPECT_EQ(problem(first), "repository.unreachable");
  EXPECT_EQ(first.records.added, 1u);
  server.behave_well();
  const SourceReport second = synced_one(store);
  EXPECT_EQ(problem(second), "none");
  EXPECT_EQ(second.read, 2u);
  EXPECT_EQ(store.list({})->size(), 3u);
}

}  // namespace
}  // namespace suture
