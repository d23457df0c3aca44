// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/verdicts.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/cve_id.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

namespace suture::server {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostStatements = 200'000;
constexpr std::size_t kMostText = 2048;
constexpr std::array kStandings{Standing::kAffected, Standing::kFixed, Standing::kNotAffected,
                                Standing::kUnderInvestigation};

std::unexpected<Error> bad(std::string why) {
  return fail("verdicts.schema", "read verdicts", std::move(why),
              "write them with: suture watch report --format openvex --output FILE.json");
}

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return {};
  return as_utf8(std::string_view(found->get_ref<const std::string&>()).substr(0, kMostText));
}

std::optional<Standing> standing_of(std::string_view name) {
  for (const Standing standing : kStandings) {
    if (name == name_of(standing)) return standing;
  }
  return std::nullopt;
}

/// "Suture 0.1.0: Linux 6.1.0-47-cloud-amd64 (x86_64), build-id 0123…"
std::string build_id_of(std::string_view tooling) {
  constexpr std::string_view kBefore = "build-id ";
  const auto at = tooling.rfind(kBefore);
  if (at == std::string_view::npos) return {};
  const std::string_view id = tooling.substr(at + kBefore.size());
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return hex && id.size() >= 8 && id.size() <= 128 ? std::string(id) : std::string();
}

Result<void> add_statement(const Json& statement, KernelVerdicts& verdicts) {
  if (!statement.is_object()) return bad("a statement is not an object");
  const auto vulnerability = statement.find("vulnerability");
  const bool named = vulnerability != statement.end() && vulnerability->is_object();
  const std::string cve = named ? text_of(*vulnerability, "name") : "";
  if (cve.empty() || cve_id_at_start(cve) != cve) return bad("a statement is about no CVE");
  const auto standing = standing_of(text_of(statement, "status"));
  if (!standing) return bad("what it says of " + cve + " is no status");
  verdicts[cve] = {.standing = *standing,
                   .why = text_of(statement, "status_notes"),
                   .justification = text_of(statement, "justification")};
  return {};
}

std::vector<fs::path> files_at(const fs::path& place) {
  std::error_code problem;
  if (!fs::is_directory(place, problem)) return {place};
  std::vector<fs::path> files;
  for (auto at = fs::directory_iterator(place, problem); !problem && at != fs::directory_iterator();
       at.increment(problem)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::kAffected:
      return "affected";
    case Standing::kFixed:
      return "fixed";
    case Standing::kNotAffected:
      return "not_affected";
    case Standing::kUnderInvestigation:
      return "under_investigation";
  }
  return "";
}

Result<VerdictDocument> parse_verdicts(std::string_view text) {
  if (text.size() > kMostVerdictFile) return fail("json.too-large", "read verdicts", "they are over 32 MiB");
  const Json json = TRY(parse_json(text, "verdicts"));
  if (!json.is_object() || !text_of(json, "@context").starts_with("https://openvex.dev/")) {
    return bad("it is no OpenVEX document");
  }
  VerdictDocument document{.build_id = build_id_of(text_of(json, "tooling")),
                           .timestamp = text_of(json, "timestamp")};
  if (document.build_id.empty()) return bad("its tooling names no build-id");
  const auto statements = json.find("statements");
  if (statements == json.end() || !statements->is_array() || statements->size() > kMostStatements) {
    return bad("it has no list of statements");
  }
  for (const Json& statement : *statements) TRY(add_statement(statement, document.verdicts));
  return document;
}

Result<Verdicts> read_verdicts(const fs::path& place) {
  Verdicts all;
  std::map<std::string, std::string> written;
  for (const fs::path& file : files_at(place)) {
    const auto document = [&]() -> Result<VerdictDocument> {
      return parse_verdicts(TRY(read_text_file(file, kMostVerdictFile)));
    }();
    if (!document) {
      spdlog::warn("the verdicts in {} are left out: {}", file.string(), document.error().message());
      continue;
    }
    std::string& time = written[document->build_id];
    if (document->timestamp < time) continue;
    time = document->timestamp;
    all[document->build_id] = document->verdicts;
  }
  return all;
}

}  // namespace suture::server
