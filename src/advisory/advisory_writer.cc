// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory_writer.h"

#include <chrono>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "base/json.h"

namespace suture {
namespace {

/// How documents are read: a higher number makes all of them be read anew, since the readers understand more.
constexpr std::int64_t kReading = 1;
/// A transaction's size, whichever comes first. Each costs a write to the disk; and what is in one is in
/// memory.
constexpr std::size_t kBatchRecords = 1000;
constexpr std::size_t kBatchBytes = 8u << 20;
/// Others that want to write wait meanwhile.
constexpr std::chrono::milliseconds kBatchTime{500};
/// Of one voice; more are not searched for.
constexpr std::size_t kMostProducts = 5000;

std::string place_of(const WatchSource& source) {
  return std::string(name_of(source.kind)) + "\n" + source.location + "\n" + source.branch + "\n" +
         source.below;
}

std::string text_of(const Voice& voice) {
  return to_json(voice).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

struct AdvisoryWriter::State {
  struct KnownRecord {
    std::int64_t id = 0;
    std::string hash{};
    bool is_aside = false;
    bool seen = false;
  };

  State(AdvisoryStore& given, Time time) : store(given), database(given.database()), now(time_text(time)) {}

  AdvisoryStore& store;
  sql::Database& database;
  std::string now;
  std::int64_t source = 0;
  FeedFormat format = FeedFormat::kCve;
  std::string cursor{};
  WrittenRecords written{};
  std::optional<sql::Transaction> transaction{};
  std::size_t batch_records = 0;
  std::size_t batch_bytes = 0;
  std::chrono::steady_clock::time_point batch_begin{};
  std::unordered_map<std::string, sql::Statement> statements{};

  Result<sql::Statement*> prepared(const std::string& sql) {
    const auto found = statements.find(sql);
    if (found != statements.end()) return &found->second;
    return &statements.emplace(sql, TRY(database.prepare(sql))).first->second;
  }

  Result<void> open_batch() {
    if (transaction) return {};
    transaction.emplace(TRY(sql::Transaction::begin(database)));
    batch_begin = std::chrono::steady_clock::now();
    return {};
  }
  Result<void> close_batch() {
    if (!transaction) return {};
    TRY(transaction->commit());
    transaction.reset();
    batch_records = batch_bytes = 0;
    return {};
  }
  Result<void> count(std::size_t records, std::size_t bytes) {
    batch_records += records;
    batch_bytes += bytes;
    const bool is_long = std::chrono::steady_clock::now() - batch_begin > kBatchTime;
    if (batch_records < kBatchRecords && batch_bytes < kBatchBytes && !is_long) return {};
    return close_batch();
  }

  Result<std::int64_t> document_id(const std::string& name, std::string& sha256) {
    sql::Statement& find = *TRY(prepared("SELECT id, sha256 FROM documents WHERE source = ?1 AND name = ?2"));
    const sql::ResetOnExit reset(find);
    find.bind(1, source).bind(2, name);
    if (!TRY(find.step())) return std::int64_t{0};
    sha256 = find.text(1);
    return find.number(0);
  }

  /// The row of one that is about to be read, in a state that says so.
  Result<std::int64_t> begin_document(const std::string& name, std::int64_t id) {
    if (id != 0) {
      TRY((*TRY(prepared("UPDATE documents SET fingerprint = '', sha256 = '' WHERE id = ?1")))
              .bind(1, id)
              .run());
      return id;
    }
    sql::Statement& add =
        *TRY(prepared("INSERT INTO documents (source, name, fingerprint, sha256, code, why, since)"
                      " VALUES (?1, ?2, '', '', '', '', ?3) RETURNING id"));
    const sql::ResetOnExit reset(add);
    add.bind(1, source).bind(2, name).bind(3, now);
    if (!TRY(add.step())) return fail("store.unavailable", "add a document", "no row where one must be");
    const std::int64_t added = add.number(0);
    // Runs the statement to its end.
    TRY(add.step());
    return added;
  }

  Result<void> end_document(std::int64_t id, const FeedDocument& document, const std::string& sha256,
                            const Error* problem) {
    sql::Statement& end =
        *TRY(prepared("UPDATE documents SET fingerprint = ?2, sha256 = ?3,"
                      " since = CASE WHEN code = ?4 AND why = ?5 THEN since ELSE ?6 END, code = ?4, why = ?5 "
                      "WHERE id = ?1"));
    end.bind(1, id).bind(2, document.fingerprint).bind(3, sha256);
    end.bind(4, problem != nullptr ? std::string_view(problem->code) : std::string_view());
    end.bind(5, problem != nullptr ? std::string_view(problem->why) : std::string_view()).bind(6, now);
    return end.run();
  }

  using KnownRecords = std::unordered_map<std::string, KnownRecord>;
  Result<KnownRecords> known_records(std::int64_t document) {
    sql::Statement& all =
        *TRY(prepared("SELECT name, id, hash, code != '' FROM records WHERE document = ?1"));
    const sql::ResetOnExit reset(all);
    all.bind(1, document);
    KnownRecords known;
    while (TRY(all.step())) {
      known.emplace(all.text(0),
                    KnownRecord{.id = all.number(1), .hash = all.text(2), .is_aside = all.number(3) != 0});
    }
    return known;
  }

  Result<std::int64_t> add_record(std::int64_t document, const std::string& name) {
    sql::Statement& add =
        *TRY(prepared("INSERT INTO records (document, name, hash, code, why, since)"
                      " VALUES (?1, ?2, '', '', '', ?3) RETURNING id"));
    const sql::ResetOnExit reset(add);
    add.bind(1, document).bind(2, name).bind(3, now);
    if (!TRY(add.step())) return fail("store.unavailable", "add a record", "no row where one must be");
    const std::int64_t added = add.number(0);
    TRY(add.step());
    return added;
  }

  Result<void> set_record(std::int64_t id, const std::string& hash, std::string_view code,
                          std::string_view why) {
    sql::Statement& set = *TRY(prepared(
        "UPDATE records SET hash = ?2, since = CASE WHEN code = ?3 AND why = ?4 THEN since ELSE ?5 END,"
        " code = ?3, why = ?4 WHERE id = ?1"));
    set.bind(1, id).bind(2, hash).bind(3, code).bind(4, why).bind(5, now);
    return set.run();
  }

  Result<void> move_to_end(const std::string& cve) {
    return (*TRY(prepared("INSERT OR REPLACE INTO changed (cve) VALUES (?1)"))).bind(1, cve).run();
  }

  /// All CVEs of the record have changed, since it is about to say something else, or nothing.
  Result<void> remove_voices(std::int64_t record) {
    std::vector<std::string> cves;
    {
      sql::Statement& all = *TRY(prepared("SELECT DISTINCT cve FROM voices WHERE record = ?1"));
      const sql::ResetOnExit reset(all);
      all.bind(1, record);
      while (TRY(all.step())) cves.push_back(all.text(0));
    }
    for (const std::string& cve : cves) TRY(move_to_end(cve));
    return (*TRY(prepared("DELETE FROM voices WHERE record = ?1"))).bind(1, record).run();
  }

  Result<void> add_voice(std::int64_t record, const Voice& voice, const std::string& text) {
    std::int64_t id = 0;
    {
      sql::Statement& add =
          *TRY(prepared("INSERT INTO voices (record, source, cve, title, modified, score, epss, exploited, "
                        "kernel, withdrawn, heard)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id"));
      const sql::ResetOnExit reset(add);
      const Advisory alone{.cve = voice.cve,
                           .voices = {{.voice = {.cve = voice.cve, .products = voice.products}}}};
      add.bind(1, record).bind(2, source).bind(3, voice.cve).bind(4, voice.title).bind(5, voice.modified);
      add.bind(6, voice.cvss ? std::int64_t{std::lround(voice.cvss->score * 10)} : std::int64_t{-1});
      add.bind(7, voice.epss ? std::int64_t{std::lround(voice.epss->probability * 1e6)} : std::int64_t{-1});
      add.bind(8, std::int64_t{voice.exploited.has_value()}).bind(9, std::int64_t{is_about_kernel(alone)});
      add.bind(10, std::int64_t{voice.withdrawn}).bind(11, now);
      if (!TRY(add.step())) return fail("store.unavailable", "add a voice", "no row where one must be");
      id = add.number(0);
      TRY(add.step());
    }
    TRY((*TRY(prepared("INSERT INTO voice_texts VALUES (?1, ?2)"))).bind(1, id).bind(2, text).run());
    std::set<std::string_view> products;
    for (const AffectedProduct& product : voice.products) products.insert(product.name);
    for (const std::string_view product : products) {
      if (products.size() > kMostProducts) break;
      TRY((*TRY(prepared("INSERT INTO voice_products VALUES (?1, ?2)"))).bind(1, id).bind(2, product).run());
    }
    return move_to_end(voice.cve);
  }

  Result<void> take_record(std::int64_t document, const std::string& name, KnownRecord* known,
                           ReadRecord read) {
    TRY(open_batch());
    if (!read) {
      written.kept_aside++;
      const std::int64_t id = known != nullptr ? known->id : TRY(add_record(document, name));
      TRY(set_record(id, known != nullptr ? known->hash : std::string(), read.error().code,
                     read.error().why));
      return count(1, 0);
    }
    std::vector<std::string> texts;
    std::string whole;
    for (const Voice& voice : *read) {
      texts.push_back(text_of(voice));
      whole += texts.back();
      whole += '\n';
    }
    std::string hash = sha256_hex(as_bytes(whole));
    if (known != nullptr && known->hash == hash) {
      written.unchanged++;
      if (known->is_aside) TRY(set_record(known->id, hash, "", ""));
      return {};
    }
    (known != nullptr ? written.changed : written.added)++;
    const std::int64_t id = known != nullptr ? known->id : TRY(add_record(document, name));
    if (known != nullptr) TRY(remove_voices(id));
    for (std::size_t i = 0; i < texts.size(); i++) TRY(add_voice(id, (*read)[i], texts[i]));
    TRY(set_record(id, hash, "", ""));
    return count(1, whole.size());
  }

  Result<void> remove_record(std::int64_t id) {
    TRY(open_batch());
    TRY(remove_voices(id));
    TRY((*TRY(prepared("DELETE FROM records WHERE id = ?1"))).bind(1, id).run());
    written.removed++;
    return count(1, 0);
  }
};

AdvisoryWriter::AdvisoryWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
AdvisoryWriter::AdvisoryWriter(AdvisoryWriter&&) noexcept = default;
AdvisoryWriter::~AdvisoryWriter() = default;

const std::string& AdvisoryWriter::cursor() const {
  return state_->cursor;
}

const WrittenRecords& AdvisoryWriter::written() const {
  return state_->written;
}

Result<AdvisoryWriter> AdvisoryWriter::begin(AdvisoryStore& store, const WatchSource& source, Time now) {
  auto state = std::make_unique<State>(store, now);
  state->format = source.format;
  const std::string place = place_of(source);
  TRY(state->open_batch());
  std::string format;
  std::string old_place;
  std::int64_t reading = 0;
  {
    auto find = TRY(
        state->database.prepare("SELECT id, format, place, reading, cursor FROM sources WHERE name = ?1"));
    find.bind(1, source.name);
    if (TRY(find.step())) {
      state->source = find.number(0);
      format = find.text(1);
      old_place = find.text(2);
      reading = find.number(3);
      state->cursor = find.text(4);
    }
  }
  if (state->source == 0) {
    auto add = TRY(state->database.prepare(
        "INSERT INTO sources (name, format, location, place, reading, cursor, tried, synced, problem)"
        " VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, '', '') RETURNING id"));
    add.bind(1, source.name).bind(2, name_of(source.format)).bind(3, source.location).bind(4, place);
    add.bind(5, kReading).bind(6, state->now);
    if (!TRY(add.step())) return fail("store.unavailable", "add a source", "no row where one must be");
    state->source = add.number(0);
    TRY(add.step());
  } else {
    const bool anew = format != name_of(source.format) || reading != kReading;
    if (anew || old_place != place) state->cursor.clear();
    auto update = TRY(state->database.prepare(
        "UPDATE sources SET format = ?2, location = ?3, place = ?4, reading = ?5, cursor = ?6, tried = ?7"
        " WHERE id = ?1"));
    update.bind(1, state->source).bind(2, name_of(source.format)).bind(3, source.location).bind(4, place);
    update.bind(5, kReading).bind(6, state->cursor).bind(7, state->now);
    TRY(update.run());
    if (anew) {
      auto forget = TRY(
          state->database.prepare("UPDATE documents SET fingerprint = '', sha256 = '' WHERE source = ?1"));
      TRY(forget.bind(1, state->source).run());
    }
  }
  TRY(state->close_batch());
  return AdvisoryWriter(std::move(state));
}

Result<KnownDocuments> AdvisoryWriter::known() {
  auto all = TRY(state_->database.prepare("SELECT name, fingerprint FROM documents WHERE source = ?1"));
  all.bind(1, state_->source);
  KnownDocuments known;
  while (TRY(all.step())) known.emplace(all.text(0), all.text(1));
  return known;
}

Result<void> AdvisoryWriter::start() {
  auto forget =
      TRY(state_->database.prepare("UPDATE sources SET cursor = '' WHERE id = ?1 AND cursor != ''"));
  return forget.bind(1, state_->source).run();
}

Result<void> AdvisoryWriter::read(const FeedDocument& document, ByteView bytes) {
  const std::string sha256 = sha256_hex(bytes);
  TRY(state_->open_batch());
  std::string old_sha256;
  const std::int64_t old_id = TRY(state_->document_id(document.name, old_sha256));
  if (old_id != 0 && old_sha256 == sha256) {
    sql::Statement& touch = *TRY(state_->prepared("UPDATE documents SET fingerprint = ?2 WHERE id = ?1"));
    TRY(touch.bind(1, old_id).bind(2, document.fingerprint).run());
    return state_->count(1, 0);
  }
  const std::int64_t id = TRY(state_->begin_document(document.name, old_id));
  State::KnownRecords known;
  if (old_id != 0) known = TRY(state_->known_records(id));
  // Readers promise that names differ. What a document can do to that is no reason to lose a record.
  std::unordered_set<std::string> names;
  std::optional<Error> broken;
  const auto sink = [&](std::string name, ReadRecord read) -> Result<void> {
    const std::string first = name;
    for (int i = 2; !names.insert(name).second; i++) name = first + " #" + std::to_string(i);
    const auto found = known.find(name);
    State::KnownRecord* record = found != known.end() ? &found->second : nullptr;
    if (record != nullptr) record->seen = true;
    auto taken = state_->take_record(id, name, record, std::move(read));
    if (!taken) broken = taken.error();
    return taken;
  };
  const auto done = read_document(state_->format, document.name, as_text(bytes), sink);
  if (broken) return std::unexpected(*broken);
  if (done) {
    for (const auto& [name, record] : known) {
      if (!record.seen) TRY(state_->remove_record(record.id));
    }
  } else {
    state_->written.kept_aside++;
  }
  TRY(state_->open_batch());
  TRY(state_->end_document(id, document, sha256, done ? nullptr : &done.error()));
  return state_->count(1, 0);
}

Result<void> AdvisoryWriter::set_aside(const FeedDocument& document, const Error& problem) {
  TRY(state_->open_batch());
  std::string sha256;
  std::int64_t id = TRY(state_->document_id(document.name, sha256));
  if (id == 0) id = TRY(state_->begin_document(document.name, 0));
  state_->written.kept_aside++;
  TRY(state_->end_document(id, {document.name, ""}, "", &problem));
  return state_->count(1, 0);
}

Result<void> AdvisoryWriter::remove(const std::string& document) {
  std::string sha256;
  const std::int64_t id = TRY(state_->document_id(document, sha256));
  if (id == 0) return {};
  TRY(state_->open_batch());
  for (const auto& [name, record] : TRY(state_->known_records(id))) TRY(state_->remove_record(record.id));
  TRY(state_->open_batch());
  TRY((*TRY(state_->prepared("DELETE FROM documents WHERE id = ?1"))).bind(1, id).run());
  return state_->count(1, 0);
}

Result<void> AdvisoryWriter::commit() {
  return state_->close_batch();
}

Result<void> AdvisoryWriter::finish(const std::string& cursor) {
  TRY(state_->open_batch());
  auto done = TRY(
      state_->database.prepare("UPDATE sources SET cursor = ?2, synced = ?3, problem = '' WHERE id = ?1"));
  TRY(done.bind(1, state_->source).bind(2, cursor).bind(3, state_->now).run());
  return state_->close_batch();
}

Result<void> AdvisoryWriter::give_up(const Error& problem) {
  TRY(state_->open_batch());
  auto done = TRY(state_->database.prepare("UPDATE sources SET problem = ?2 WHERE id = ?1"));
  const std::string text = problem.message();
  TRY(done.bind(1, state_->source).bind(2, text).run());
  return state_->close_batch();
}

Result<bool> forget_source(AdvisoryStore& store, std::string_view name) {
  sql::Database& database = store.database();
  auto transaction = TRY(sql::Transaction::begin(database));
  auto changed = TRY(database.prepare(
      "INSERT OR REPLACE INTO changed (cve) SELECT DISTINCT v.cve FROM voices v JOIN sources s"
      " ON s.id = v.source WHERE s.name = ?1"));
  TRY(changed.bind(1, name).run());
  auto remove = TRY(database.prepare("DELETE FROM sources WHERE name = ?1"));
  TRY(remove.bind(1, name).run());
  const bool was_there = TRY(database.integer("SELECT changes()")) > 0;
  TRY(transaction.commit());
  return was_there;
}

}  // namespace suture
