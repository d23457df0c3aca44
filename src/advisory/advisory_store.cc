// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory_store.h"

#include <algorithm>
#include <cmath>

#include "advisory/advisory_schema.h"
#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

// Numbers of a year have four digits or more: the longer is the higher.
constexpr const char* kOldestFirst = "substr(v.cve, 1, 8), length(v.cve), v.cve";
constexpr const char* kNewestFirst = "substr(v.cve, 1, 8) DESC, length(v.cve) DESC, v.cve DESC";
constexpr double kScoreParts = 10;
constexpr double kEpssParts = 1'000'000;

/// Sought anywhere in a text by LIKE, without its wildcards.
std::string anywhere(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

/// One line for each CVE that the filter lets pass. Parameters: ?1 to ?9.
std::string select_lines(std::string_view columns, std::string_view order) {
  return "SELECT " + std::string(columns) +
         " FROM voices v GROUP BY v.cve HAVING"
         " (?1 = '' OR v.cve IN (SELECT s.cve FROM voices s JOIN sources n ON n.id = s.source WHERE n.name = "
         "?1))"
         " AND (?2 = '' OR v.cve IN (SELECT p.cve FROM voice_products q JOIN voices p ON p.id = q.voice"
         "   WHERE q.product = ?2))"
         " AND (?3 = '' OR v.cve LIKE ?4 ESCAPE '\\' OR max(v.title LIKE ?4 ESCAPE '\\'))"
         " AND (?5 = '' OR max(iif(v.modified = '', v.heard, v.modified)) >= ?5)"
         " AND (?6 = 0 OR max(v.kernel)) AND (?7 = 0 OR max(v.exploited))"
         " AND (?8 = 1 OR max(v.withdrawn) = 0) AND max(v.score) >= ?9"
         " ORDER BY " +
         std::string(order) + " LIMIT ?10";
}

/// Texts that a statement is bound to must live as long as it runs.
struct Bound {
  AdvisoryFilter filter;
  std::string pattern;
  explicit Bound(const AdvisoryFilter& given) : filter(given), pattern(anywhere(given.text)) {}
  void to(sql::Statement& statement) const {
    statement.bind(1, filter.source).bind(2, filter.package).bind(3, filter.text).bind(4, pattern);
    statement.bind(5, filter.since).bind(6, std::int64_t{filter.kernel_only});
    statement.bind(7, std::int64_t{filter.exploited_only}).bind(8, std::int64_t{filter.with_withdrawn});
    statement.bind(9, filter.least_score > 0
                          ? static_cast<std::int64_t>(std::ceil(filter.least_score * kScoreParts - 1e-6))
                          : std::int64_t{-1});
    statement.bind(10, filter.limit == 0 ? std::int64_t{-1} : std::int64_t{filter.limit});
  }
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

Result<AdvisoryStore> AdvisoryStore::open(const std::filesystem::path& path) {
  if (path.has_parent_path()) TRY(make_directories(path.parent_path()));
  auto database = std::make_unique<sql::Database>(TRY(sql::Database::open(path)));
  // As long as a batch of a sync may last, and longer.
  TRY(database->execute("PRAGMA busy_timeout = 20000"));
  TRY_IN("open " + path.string(), migrate_advisories(*database));
  return AdvisoryStore(std::move(database));
}

Result<std::optional<Advisory>> AdvisoryStore::advisory(std::string_view cve) {
  auto statement = TRY(database_->prepare(
      "SELECT s.name, t.json FROM voices v JOIN sources s ON s.id = v.source JOIN voice_texts t ON t.voice = "
      "v.id"
      " JOIN records r ON r.id = v.record WHERE v.cve = ?1 ORDER BY s.name, r.name, v.id"));
  statement.bind(1, cve);
  Advisory advisory{.cve = std::string(cve)};
  while (TRY(statement.step())) {
    const Json json = TRY(parse_json(statement.text(1), "a voice of " + std::string(cve)));
    advisory.voices.push_back({statement.text(0), TRY(voice_from_json(json))});
  }
  if (advisory.voices.empty()) return std::nullopt;
  return advisory;
}

Result<void> AdvisoryStore::each(const AdvisoryFilter& filter,
                                 const std::function<Result<void>(const Advisory&)>& each) {
  auto statement = TRY(database_->prepare(select_lines("v.cve", kOldestFirst)));
  const Bound bound(filter);
  bound.to(statement);
  std::vector<std::string> cves;
  while (TRY(statement.step())) cves.push_back(statement.text(0));
  statement.reset();
  for (const std::string& cve : cves) {
    // One that is gone since is nobody's any longer.
    if (const auto found = TRY(advisory(cve))) TRY(each(*found));
  }
  return {};
}

// Asked once for each installed package: by the index, not through the list.
Result<std::vector<Advisory>> AdvisoryStore::about_package(std::string_view package) {
  auto statement = TRY(database_->prepare(
      "SELECT DISTINCT v.cve FROM voice_products q JOIN voices v ON v.id = q.voice WHERE q.product = ?1"
      " ORDER BY " +
      std::string(kOldestFirst)));
  statement.bind(1, package);
  std::vector<std::string> cves;
  while (TRY(statement.step())) cves.push_back(statement.text(0));
  statement.reset();
  std::vector<Advisory> all;
  for (const std::string& cve : cves) {
    if (auto found = TRY(advisory(cve))) all.push_back(*std::move(found));
  }
  return all;
}

Result<std::vector<AdvisoryLine>> AdvisoryStore::list(const AdvisoryFilter& filter) {
  auto statement =
      TRY(database_->prepare(select_lines("v.cve, (SELECT w.title FROM voices w JOIN sources n ON n.id = "
                                          "w.source WHERE w.cve = v.cve AND w.title != ''"
                                          " ORDER BY n.name, w.id LIMIT 1), max(v.score), max(v.epss), "
                                          "max(v.exploited), max(v.kernel), max(v.withdrawn),"
                                          " max(iif(v.modified = '', v.heard, v.modified)), (SELECT "
                                          "group_concat(name, char(10)) FROM sources WHERE id IN"
                                          " (SELECT w.source FROM voices w WHERE w.cve = v.cve))",
                                          kNewestFirst)));
  const Bound bound(filter);
  bound.to(statement);
  std::vector<AdvisoryLine> lines;
  while (TRY(statement.step())) {
    AdvisoryLine line{.cve = statement.text(0), .title = statement.text(1)};
    if (const auto score = statement.number(2); score >= 0)
      line.score = static_cast<double>(score) / kScoreParts;
    if (const auto epss = statement.number(3); epss >= 0) line.epss = static_cast<double>(epss) / kEpssParts;
    line.exploited = statement.number(4) != 0;
    line.kernel = statement.number(5) != 0;
    line.withdrawn = statement.number(6) != 0;
    line.modified = statement.text(7);
    line.sources = split_lines(statement.text(8));
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::vector<KeptAside>> AdvisoryStore::kept_aside(std::string_view source) {
  auto statement = TRY(database_->prepare(
      "SELECT s.name, d.name, '', d.code, d.why, d.since FROM documents d JOIN sources s ON s.id = d.source"
      " WHERE d.code != '' AND (?1 = '' OR s.name = ?1)"
      " UNION ALL SELECT s.name, d.name, r.name, r.code, r.why, r.since FROM records r"
      " JOIN documents d ON d.id = r.document JOIN sources s ON s.id = d.source"
      " WHERE r.code != '' AND (?1 = '' OR s.name = ?1) ORDER BY 1, 2, 3"));
  statement.bind(1, source);
  std::vector<KeptAside> all;
  while (TRY(statement.step())) {
    all.push_back({statement.text(0), statement.text(1), statement.text(2), statement.text(3),
                   statement.text(4), statement.text(5)});
  }
  return all;
}

Result<std::vector<SourceState>> AdvisoryStore::sources() {
  auto statement = TRY(database_->prepare(
      "SELECT name, format, location, tried, synced, problem,"
      " (SELECT count(*) FROM documents d WHERE d.source = s.id),"
      " (SELECT count(*) FROM records r JOIN documents d ON d.id = r.document WHERE d.source = s.id),"
      " (SELECT count(*) FROM documents d WHERE d.source = s.id AND d.code != '') +"
      " (SELECT count(*) FROM records r JOIN documents d ON d.id = r.document"
      "  WHERE d.source = s.id AND r.code != '') FROM sources s ORDER BY name"));
  std::vector<SourceState> all;
  while (TRY(statement.step())) {
    all.push_back({.name = statement.text(0),
                   .format = statement.text(1),
                   .location = statement.text(2),
                   .tried = statement.text(3),
                   .synced = statement.text(4),
                   .problem = statement.text(5),
                   .documents = statement.number(6),
                   .records = statement.number(7),
                   .kept_aside = statement.number(8)});
  }
  return all;
}

Result<std::vector<ChangedCve>> AdvisoryStore::changed_since(std::int64_t position, std::uint32_t limit) {
  auto statement = TRY(
      database_->prepare("SELECT position, cve FROM changed WHERE position > ?1 ORDER BY position LIMIT ?2"));
  statement.bind(1, position).bind(2, std::int64_t{limit});
  std::vector<ChangedCve> all;
  while (TRY(statement.step())) all.push_back({statement.number(0), statement.text(1)});
  return all;
}

Result<std::int64_t> AdvisoryStore::follower(std::string_view name) {
  auto statement = TRY(database_->prepare("SELECT position FROM followers WHERE name = ?1"));
  statement.bind(1, name);
  return TRY(statement.step()) ? statement.number(0) : 0;
}

Result<void> AdvisoryStore::set_follower(std::string_view name, std::int64_t position) {
  auto statement =
      TRY(database_->prepare("INSERT INTO followers VALUES (?1, ?2)"
                             " ON CONFLICT (name) DO UPDATE SET position = excluded.position"));
  return statement.bind(1, name).bind(2, position).run();
}

}  // namespace suture
