// SPDX-License-Identifier: Apache-2.0
//
// The log as its owner writes it, and as hosts and auditors read it.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "make.h"
#include "repository/log_reader.h"
#include "repository/log_tiles.h"
#include "repository/log_writer.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::must;
using test::scratch;

TEST(LogTiles, HasThePathsOfTheSpecification) {
  EXPECT_EQ(tile_path({0, 1234067}, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(bundle_path(1234067, 8), "tile/entries/x001/x234/067.p/8");
  EXPECT_EQ(tile_path({2, 0}, 1), "tile/2/000.p/1");
  EXPECT_EQ(tile_path({1, 999}, 256), "tile/1/999");
  EXPECT_EQ(tile_path({1, 1000}, 255), "tile/1/x001/000.p/255");
  EXPECT_EQ(tile_path({0, kMaxLogSize / 256}, 1), "tile/0/x004/x294/x967/296.p/1");
}

TEST(LogTiles, HasTheWidthsOfTheSpecification) {
  EXPECT_EQ(tile_width({0, 272}, 70000), 256u);
  EXPECT_EQ(tile_width({0, 273}, 70000), 112u);
  EXPECT_EQ(tile_width({0, 274}, 70000), 0u);
  EXPECT_EQ(tile_width({1, 0}, 70000), 256u);
  EXPECT_EQ(tile_width({1, 1}, 70000), 17u);
  EXPECT_EQ(tile_width({2, 0}, 70000), 1u);
  EXPECT_EQ(tile_width({3, 0}, 70000), 0u);
  EXPECT_EQ(tile_width({0, 0}, 256), 256u);
  EXPECT_EQ(tile_width({0, 1}, 256), 0u);
  EXPECT_EQ(tile_width({1, 0}, 256), 1u);
  EXPECT_EQ(tile_width({5, 0}, kMaxLogSize), 1u);
  EXPECT_EQ(tile_width({8, 0}, kMaxLogSize), 0u);
  EXPECT_EQ(tile_width({63, 0}, UINT64_MAX), 0u);
  EXPECT_EQ(tile_width({0, UINT64_MAX}, 1), 0u);
}

TEST(LogTiles, ReadsTilesOfTheWidthThatIsMeant) {
  const Tile tile = {kEmptyRoot, leaf_hash({})};
  const Bytes bytes = tile_bytes(tile);
  EXPECT_EQ(must(parse_tile(bytes, 2)), tile);
  EXPECT_EQ(code(parse_tile(bytes, 1)), "log.malformed");
  EXPECT_EQ(code(parse_tile(bytes, 3)), "log.malformed");
  EXPECT_EQ(code(parse_tile(ByteView(bytes).first(63), 2)), "log.malformed");
}

TEST(LogTiles, ReadsBundlesOfAsManyEntriesAsAreMeant) {
  Bytes bundle;
  add_to_bundle(bundle, {});
  add_to_bundle(bundle, as_bytes(std::string(kMaxEntrySize, 'x')));
  add_to_bundle(bundle, as_bytes("end"));
  EXPECT_EQ(bundle.size(), 2 + 2 + kMaxEntrySize + 2 + 3);
  EXPECT_EQ(bundle[2], 0xff);
  const auto entries = must(parse_bundle(bundle, 3));
  EXPECT_EQ(entries[1].size(), kMaxEntrySize);
  EXPECT_EQ(as_text(entries[2]), "end");
  EXPECT_EQ(code(parse_bundle(bundle, 2)), "log.malformed");
  EXPECT_EQ(code(parse_bundle(bundle, 4)), "log.malformed");
  for (std::size_t cut = 1; cut < 6; ++cut)
    EXPECT_EQ(code(parse_bundle(ByteView(bundle).first(bundle.size() - cut), 3)), "log.malformed") << cut;
}

/// Reads a folder, and counts.
class LogFolder : public Fetcher {
 public:
  explicit LogFolder(fs::path folder) : folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    ++fetched;
    if (!fs::exists(folder_ / path)) return fail("repository.absent", "fetch " + path, "not there");
    return read_file(folder_ / path, max_length);
  }
  int fetched = 0;

 private:
  fs::path folder_;
};

std::vector<std::string> entries(std::size_t count, const std::string& kind = "entry ") {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(kind + std::to_string(i));
  return all;
}

LogHead head_of(std::span<const std::string> all) {
  std::vector<MerkleHash> leaves;
  for (const std::string& entry : all) leaves.push_back(leaf_hash(as_bytes(entry)));
  return {all.size(), merkle_root(leaves)};
}

std::map<std::string, Bytes> files_in(const fs::path& folder) {
  std::map<std::string, Bytes> files;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file()) files[fs::relative(file, folder)] = must(read_file(file.path()));
  return files;
}

struct Log {
  TempDir folder = scratch();
  LogHead head{};

  Log() = default;
  explicit Log(std::span<const std::string> all) { append(all); }
  void append(std::span<const std::string> all) { head = must(append_to_log(folder.path(), head, all)); }
  LogFolder fetcher() const { return LogFolder(folder.path()); }
  std::string audit(const LogHead& of) const {
    LogFolder from = fetcher();
    auto reader = LogReader::open(from, of, "");
    return reader ? code(reader->audit()) : code(reader);
  }
  std::string audit() const { return audit(head); }
};

TEST(LogWriter, BeginsEmpty) {
  Log log;
  log.append({});
  EXPECT_EQ(log.head, LogHead());
  EXPECT_EQ(log.audit(), "ok");
  EXPECT_TRUE(files_in(log.folder.path()).empty());
}

TEST(LogWriter, WritesTheFilesOfTheSpecification) {
  const Log log(entries(600));
  std::set<std::string> names;
  for (const auto& [name, bytes] : files_in(log.folder.path())) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
                                          "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"}));
  EXPECT_EQ(log.head, head_of(entries(600)));
}

TEST(LogWriter, MakesOneLogInWhateverPieces) {
  std::mt19937 random(1);
  const auto all = entries(1500);
  const auto at_once = files_in(Log(all).folder.path());
  for (int round = 0; round < 4; ++round) {
    Log log;
    while (log.head.size < all.size()) {
      const std::size_t most = all.size() - log.head.size;
      const std::size_t count = std::min<std::size_t>(random() % (round == 0 ? 40 : 400), most);
      log.append(std::span(all).subspan(log.head.size, count));
      ASSERT_EQ(log.head, head_of(std::span(all).first(log.head.size)));
    }
    const auto files = files_in(log.folder.path());
    for (const auto& [name, bytes] : at_once) EXPECT_EQ(files.at(name), bytes) << name;
    EXPECT_EQ(log.audit(), "ok");
  }
}

TEST(LogWriter, FillsTilesExactly) {
  for (const std::size_t size : {1u, 255u, 256u, 257u, 512u}) {
    Log log(entries(size));
    EXPECT_EQ(log.head, head_of(entries(size)));
    EXPECT_EQ(log.audit(), "ok") << size;
    const std::vector<std::string> one = {"one more"};
    log.append(one);
    EXPECT_EQ(log.audit(), "ok") << size;
  }
}

TEST(LogWriter, GoesThroughThreeLevels) {
  const auto all = entries(65536 + 300);
  Log log;
  log.append(std::span(all).first(65530));
  const LogHead before = log.head;
  log.append(std::span(all).subspan(65530, 6));
  EXPECT_EQ(log.head, head_of(std::span(all).first(65536)));
  log.append(std::span(all).subspan(65536));
  EXPECT_EQ(log.head, head_of(all));
  EXPECT_TRUE(fs::exists(log.folder.path() / "tile/1/000"));
  EXPECT_TRUE(fs::exists(log.folder.path() / "tile/2/000.p/1"));
  EXPECT_EQ(log.audit(), "ok");

  LogFolder fetcher = log.fetcher();
  auto reader = must(LogReader::open(fetcher, log.head, ""));
  for (const std::size_t index : {0u, 30000u, 65535u, 65536u, 65835u})
    EXPECT_EQ(code(reader.prove_inclusion(index, as_bytes(all[index]))), "ok") << index;
  must(reader.prove_consistency(before));
  // The right edge, three tiles; then one tile of level 1, and those of level 0.
  EXPECT_LE(fetcher.fetched, 3 + 1 + 5);
}

TEST(LogWriter, ReadsOnlyTheRightEdge) {
  Log log(entries(600));
  for (const char* name : {"tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"})
    fs::remove(log.folder.path() / name);
  log.append(entries(300, "more "));
  auto all = entries(600);
  std::ranges::copy(entries(300, "more "), std::back_inserter(all));
  EXPECT_EQ(log.head, head_of(all));
}

TEST(LogWriter, KeepsTheFilesOfLevelsThatDoNotGrow) {
  Log log(entries(600));
  const fs::path path = log.folder.path() / "tile/1/000.p/2";
  fs::create_hard_link(path, log.folder.path() / "same");
  log.append(entries(10, "more "));
  EXPECT_TRUE(fs::equivalent(path, log.folder.path() / "same"));
  const auto before = files_in(log.folder.path());
  log.append({});
  EXPECT_EQ(files_in(log.folder.path()), before);
}

TEST(LogWriter, RefusesADamagedEdge) {
  const auto all = entries(600);
  for (const char* name : {"tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/002.p/88"}) {
    const Log log(all);
    const fs::path path = log.folder.path() / name;
    Bytes bytes = must(read_file(path));
    bytes.back() ^= 1;
    must(write_file(path, bytes));
    const auto before = files_in(log.folder.path());
    EXPECT_EQ(code(append_to_log(log.folder.path(), log.head, all)), "log.damaged") << name;
    EXPECT_EQ(files_in(log.folder.path()), before) << name;
    fs::remove(path);
    EXPECT_EQ(code(append_to_log(log.folder.path(), log.head, all)), "log.damaged") << name;
    bytes.back() ^= 1;
    bytes.push_back(0);
    must(write_file(path, bytes));
    EXPECT_EQ(code(append_to_log(log.folder.path(), log.head, all)), "log.malformed") << name;
  }
  const Log log(all);
  EXPECT_EQ(code(append_to_log(log.folder.path(), {600, kEmptyRoot}, all)), "log.damaged");
  EXPECT_EQ(code(append_to_log(log.folder.path(), {0, leaf_hash({})}, all)), "log.damaged");
}

TEST(LogWriter, RefusesWhatIsTooLargeBeforeItWrites) {
  const Log log(entries(3));
  const auto before = files_in(log.folder.path());
  const std::vector<std::string> large = {"small", std::string(kMaxEntrySize + 1, 'x')};
  EXPECT_EQ(code(append_to_log(log.folder.path(), log.head, large)), "log.entry-too-large");
  EXPECT_EQ(code(append_to_log(log.folder.path(), {kMaxLogSize, kEmptyRoot}, entries(1))), "log.full");
  EXPECT_EQ(code(append_to_log(log.folder.path(), {UINT64_MAX, kEmptyRoot}, {})), "log.full");
  EXPECT_EQ(files_in(log.folder.path()), before);
  Log fits;
  const std::vector<std::string> largest = {std::string(kMaxEntrySize, 'x'), ""};
  fits.append(largest);
  EXPECT_EQ(fits.audit(), "ok");
}

TEST(LogWriter, ForgetsWhatGotNoCheckpoint) {
  std::mt19937 random(2);
  for (int round = 0; round < 12; ++round) {
    Log log(entries(200));
    log.append(entries(100, "second "));
    const LogHead trusted = log.head;
    const auto before = files_in(log.folder.path());
    // An append that was killed: any of its files may be there.
    must(append_to_log(log.folder.path(), trusted, entries(30 + random() % 700, "killed ")));
    for (const auto& [name, bytes] : files_in(log.folder.path())) {
      if (before.contains(name)) {
        EXPECT_EQ(bytes, before.at(name)) << name;
      } else if (random() % 3 == 0) {
        fs::remove(log.folder.path() / name);
      }
    }
    EXPECT_EQ(log.audit(trusted), "ok");
    const auto next = entries(30 + random() % 700, "next ");
    log.append(next);
    auto all = entries(200);
    std::ranges::copy(entries(100, "second "), std::back_inserter(all));
    std::ranges::copy(next, std::back_inserter(all));
    EXPECT_EQ(log.head, head_of(all));
    EXPECT_EQ(log.audit(), "ok");
    EXPECT_EQ(log.audit(trusted), "ok");
    const auto after = files_in(log.folder.path());
    for (const auto& [name, bytes] : before) EXPECT_EQ(after.at(name), bytes) << name;
  }
}

TEST(LogReader, ProvesEveryEntry) {
  const auto all = entries(600);
  const Log log(all);
  LogFolder fetcher = log.fetcher();
  auto reader = must(LogReader::open(fetcher, log.head, ""));
  for (std::size_t index = 0; index < all.size(); ++index) {
    const MerkleProof proof = must(reader.prove_inclusion(index, as_bytes(all[index])));
    EXPECT_TRUE(proves_inclusion(proof, leaf_hash(as_bytes(all[index])), index, log.head));
  }
  EXPECT_LE(fetcher.fetched, 4);
  EXPECT_EQ(code(reader.prove_inclusion(3, as_bytes("entry 4"))), "log.not-included");
  EXPECT_EQ(code(reader.prove_inclusion(600, as_bytes("entry 600"))), "log.not-included");
  EXPECT_EQ(code(reader.prove_inclusion(UINT64_MAX, as_bytes("entry 0"))), "log.not-included");
}

TEST(LogReader, ProvesThatTheLogOnlyGrew) {
  const auto all = entries(600);
  const Log log(all);
  LogFolder fetcher = log.fetcher();
  auto reader = must(LogReader::open(fetcher, log.head, ""));
  for (std::size_t size = 0; size <= all.size(); size += 1 + size / 7) {
    const LogHead older = head_of(std::span(all).first(size));
    EXPECT_TRUE(proves_consistency(must(reader.prove_consistency(older)), older, log.head)) << size;
  }
  auto others = all;
  others[5] = "changed";
  for (const std::size_t size : {6u, 100u, 256u, 599u, 600u}) {
    EXPECT_EQ(code(reader.prove_consistency(head_of(std::span(others).first(size)))), "log.inconsistent")
        << size;
  }
  EXPECT_EQ(code(reader.prove_consistency(head_of(entries(601)))), "log.inconsistent");
  EXPECT_EQ(code(reader.prove_consistency({0, leaf_hash({})})), "log.inconsistent");
}

TEST(LogReader, ReadsTheLogBelowItsFolder) {
  const TempDir folder = scratch();
  const auto all = entries(3);
  const LogHead head = must(append_to_log(folder.path() / "log", {}, all));
  LogFolder fetcher(folder.path());
  EXPECT_EQ(code(must(LogReader::open(fetcher, head)).audit()), "ok");
  EXPECT_EQ(code(LogReader::open(fetcher, head, "elsewhere/")), "repository.absent");
  EXPECT_EQ(code(LogReader::open(fetcher, {kMaxLogSize + 1, kEmptyRoot})), "log.malformed");
}

TEST(LogReader, ReadsEntriesFromWhereAnAuditorStopped) {
  const auto all = entries(600);
  const Log log(all);
  LogFolder fetcher = log.fetcher();
  auto reader = must(LogReader::open(fetcher, log.head, ""));
  for (const std::uint64_t first : {0u, 1u, 255u, 256u, 300u, 512u, 599u, 600u, 700u}) {
    std::uint64_t next = first;
    must(reader.read_entries(first, [&](std::uint64_t index, ByteView entry) -> Result<void> {
      EXPECT_EQ(index, next++);
      EXPECT_EQ(as_text(entry), all[index]);
      return {};
    }));
    EXPECT_EQ(next, std::max<std::uint64_t>(first, 600));
  }
  EXPECT_EQ(code(reader.read_entries(
                0, [](std::uint64_t, ByteView) -> Result<void> { return fail("test.enough", "", ""); })),
            "test.enough");
}

TEST(LogReader, DoesWithoutPartialFilesOnceTheFullOnesAreThere) {
  Log log(entries(300));
  const LogHead older = log.head;
  log.append(entries(400, "more "));
  for (const char* name : {"tile/0/001.p/44", "tile/entries/001.p/44"})
    EXPECT_TRUE(fs::remove(log.folder.path() / name));
  EXPECT_EQ(log.audit(older), "ok");
  fs::remove(log.folder.path() / "tile/0/001");
  EXPECT_EQ(log.audit(older), "repository.absent");
}

/// What reading everything says: proofs for each bundle, and all entries.
std::string read_all(const Log& log, std::span<const std::string> all) {
  LogFolder fetcher = log.fetcher();
  auto reader = LogReader::open(fetcher, log.head, "");
  if (!reader) return code(reader);
  for (std::size_t index = 0; index < all.size(); index += 100)
    if (const auto proof = reader->prove_inclusion(index, as_bytes(all[index])); !proof) return code(proof);
  return code(reader->read_entries(0, [](std::uint64_t, ByteView) -> Result<void> { return {}; }));
}

TEST(LogReader, FindsEveryChangedFile) {
  const auto all = entries(600);
  const Log log(all);
  ASSERT_EQ(read_all(log, all), "ok");
  for (const auto& [name, bytes] : files_in(log.folder.path())) {
    for (const std::size_t place : {std::size_t{2}, bytes.size() / 2, bytes.size() - 1}) {
      Bytes changed = bytes;
      changed[place] ^= 0x10;
      must(write_file(log.folder.path() / name, changed));
      EXPECT_THAT((std::vector{read_all(log, all), log.audit()}),
                  testing::Each(testing::AnyOf("log.damaged", "log.malformed")))
          << name << " " << place;
    }
    must(write_file(log.folder.path() / name, ByteView(bytes).first(bytes.size() - 1)));
    EXPECT_THAT(read_all(log, all), testing::AnyOf("log.malformed", "log.damaged")) << name;
    EXPECT_THAT(log.audit(), testing::AnyOf("log.malformed", "log.damaged")) << name;
    must(write_file(log.folder.path() / name, bytes));
  }
  EXPECT_EQ(log.audit(), "ok");
}

/// Another log comes from the same address once the first one is believed.
TEST(LogReader, IsNotFooledByTwoFacedMirrors) {
  const Log log(entries(600));
  const Log other(entries(600, "other "));
  struct TwoFaced : Fetcher {
    TwoFaced(const Log& before, const Log& after) : first(before.fetcher()), then(after.fetcher()) {}
    Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
      return (turned ? then : first).fetch(path, max_length);
    }
    LogFolder first;
    LogFolder then;
    bool turned = false;
  } mirror(log, other);
  auto reader = must(LogReader::open(mirror, log.head, ""));
  mirror.turned = true;
  EXPECT_EQ(code(reader.audit()), "log.damaged");
  EXPECT_EQ(code(reader.prove_inclusion(3, as_bytes("other 3"))), "log.damaged");
}

/// Whoever serves the log cannot have its owner accused.
TEST(LogReader, TellsDamageFromLies) {
  const auto all = entries(600);
  const Log log(all);
  const fs::path path = log.folder.path() / "tile/0/000";
  Bytes changed = must(read_file(path));
  changed[0] ^= 1;
  must(write_file(path, changed));
  LogFolder fetcher = log.fetcher();
  auto reader = must(LogReader::open(fetcher, log.head, ""));
  EXPECT_EQ(code(reader.prove_inclusion(3, as_bytes(all[3]))), "log.damaged");
  EXPECT_EQ(code(reader.prove_consistency(head_of(std::span(all).first(100)))), "log.damaged");
  EXPECT_EQ(code(reader.prove_inclusion(300, as_bytes(all[300]))), "ok");
}

}  // namespace
}  // namespace suture
