// SPDX-License-Identifier: Apache-2.0
#include "patchset/statement.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "patchset/dsse.h"

namespace suture {
namespace {

constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
// Type URIs name a meaning and need lead nowhere.
constexpr std::string_view kQualificationType = "urn:suture:qualification:v1";
constexpr std::string_view kOverrideType = "urn:suture:qualification-override:v1";

constexpr std::array<std::pair<CheckOutcome, std::string_view>, 3> kOutcomes{
    {{CheckOutcome::kPassed, "passed"},
     {CheckOutcome::kFailed, "failed"},
     {CheckOutcome::kReported, "reported"}}};

Json to_json(const QualificationCheck& check) {
  const auto outcome = std::ranges::find(kOutcomes, check.outcome, &decltype(kOutcomes)::value_type::first);
  Json json = {
      {"step", check.step}, {"name", check.name}, {"outcome", outcome->second}, {"seconds", check.seconds}};
  if (!check.engine.empty()) json["engine"] = check.engine;
  if (!check.detail.empty()) json["detail"] = check.detail;
  return json;
}

Json to_json(const Qualification& qualification) {
  Json checks = Json::array();
  for (const QualificationCheck& check : qualification.checks) checks.push_back(to_json(check));
  Json probes = Json::array();
  for (const QualificationProbe& probe : qualification.probes)
    probes.push_back({{"name", probe.name}, {"sha256", probe.sha256}});
  return {{"target", suture::to_json(qualification.target)},
          {"level", qualification.level},
          {"result", qualification.passed() ? "passed" : "failed"},
          {"tool", qualification.tool},
          {"machine", qualification.machine},
          {"finished", qualification.finished},
          {"seconds", qualification.seconds},
          {"checks", std::move(checks)},
          {"failures", qualification.failures},
          {"probes", std::move(probes)},
          {"functions", {{"ran", qualification.ran}, {"never_ran", qualification.never_ran}}},
          {"logs", qualification.logs}};
}

std::unexpected<Error> wrong(std::string_view key, std::string why) {
  return fail("statement.schema", "read the field \"" + std::string(key) + "\"", std::move(why));
}

Result<double> seconds_in(const Json& json) {
  const auto found = json.is_object() ? json.find("seconds") : json.end();
  if (!json.is_object() || found == json.end() || !found->is_number())
    return wrong("seconds", "it is no number");
  return found->get<double>();
}

Result<std::vector<std::string>> strings_in(const Json& json, const char* key) {
  std::vector<std::string> strings;
  for (const Json& item : *TRY(json_array(json, key))) {
    if (!item.is_string()) return wrong(key, "not all of them are strings");
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

/// SHA-256 in hexadecimal, by name.
Result<std::map<std::string, std::string>> digests_in(const Json& json, const char* key) {
  std::map<std::string, std::string> digests;
  for (const auto& [name, digest] : TRY(json_object(json, key))->items()) {
    if (!digest.is_string()) return wrong(key, "not all of them are strings");
    digests[name] = digest.get<std::string>();
  }
  return digests;
}

Result<QualificationCheck> check_from_json(const Json& json) {
  QualificationCheck check{.engine = {},
                           .step = TRY(json_string(json, "step")),
                           .name = TRY(json_string(json, "name")),
                           .outcome = {},
                           .seconds = TRY(seconds_in(json)),
                           .detail = {}};
  const std::string outcome = TRY(json_string(json, "outcome"));
  const auto known = std::ranges::find(kOutcomes, outcome, &decltype(kOutcomes)::value_type::second);
  if (known == kOutcomes.end()) return wrong("outcome", "it is \"" + outcome + "\"");
  check.outcome = known->first;
  if (json.contains("engine")) check.engine = TRY(json_string(json, "engine"));
  if (json.contains("detail")) check.detail = TRY(json_string(json, "detail"));
  return check;
}

Result<Qualification> qualification_from_json(const Json& json) {
  Qualification qualification{.target = TRY(target_id_from_json(*TRY(json_object(json, "target")))),
                              .level = 0,
                              .tool = TRY(json_string(json, "tool")),
                              .machine = TRY(json_string(json, "machine")),
                              .finished = TRY(json_string(json, "finished")),
                              .seconds = TRY(seconds_in(json)),
                              .checks = {},
                              .failures = TRY(strings_in(json, "failures")),
                              .probes = {},
                              .ran = {},
                              .never_ran = {},
                              .logs = TRY(digests_in(json, "logs"))};
  const std::int64_t level = TRY(json_integer(json, "level"));
  if (level < 1 || level > 999'999) return wrong("level", "it is out of range");
  qualification.level = static_cast<std::uint32_t>(level);
  for (const Json& check : *TRY(json_array(json, "checks")))
    qualification.checks.push_back(TRY(check_from_json(check)));
  for (const Json& probe : *TRY(json_array(json, "probes")))
    qualification.probes.push_back(
        {.name = TRY(json_string(probe, "name")), .sha256 = TRY(json_string(probe, "sha256"))});
  const Json& functions = *TRY(json_object(json, "functions"));
  qualification.ran = TRY(strings_in(functions, "ran"));
  qualification.never_ran = TRY(strings_in(functions, "never_ran"));
  const std::string result = TRY(json_string(json, "result"));
  if (result != (qualification.passed() ? "passed" : "failed"))
    return wrong("result", "it is \"" + result + "\", which the failures contradict");
  const bool failed = std::ranges::any_of(qualification.checks, [](const QualificationCheck& check) {
    return check.outcome == CheckOutcome::kFailed;
  });
  if (failed && qualification.passed()) return wrong("result", "a check failed");
  return qualification;
}

Result<std::map<std::string, std::string>> subjects_from_json(const Json& json) {
  std::map<std::string, std::string> subjects;
  for (const Json& subject : *TRY(json_array(json, "subject"))) {
    const std::string digest = TRY(json_string(*TRY(json_object(subject, "digest")), "sha256"));
    if (!subjects.emplace(TRY(json_string(subject, "name")), digest).second)
      return wrong("subject", "one is there twice");
  }
  return subjects;
}

Result<Statement> read_fields(const Json& json) {
  const std::string type = TRY(json_string(json, "_type"));
  if (type != kStatementType) return wrong("_type", "it is \"" + type + "\"");
  Statement statement{.subjects = TRY(subjects_from_json(json)), .predicate = {}};
  const std::string kind = TRY(json_string(json, "predicateType"));
  const Json& predicate = *TRY(json_object(json, "predicate"));
  if (kind == kQualificationType) {
    statement.predicate = TRY(qualification_from_json(predicate));
  } else if (kind == kOverrideType) {
    statement.predicate = QualificationOverride{.reason = TRY(json_string(predicate, "reason")),
                                                .time = TRY(json_string(predicate, "time"))};
  } else {
    return fail("statement.unknown-kind", "read a statement", "it is of the kind \"" + kind + "\"",
                "This version of suture knows " + std::string(kQualificationType) + ".");
  }
  return statement;
}

}  // namespace

std::vector<std::string> Qualification::engines() const {
  std::vector<std::string> engines;
  for (const QualificationCheck& check : checks) {
    if (!check.engine.empty() && std::ranges::find(engines, check.engine) == engines.end())
      engines.push_back(check.engine);
  }
  return engines;
}

std::map<std::string, std::string> subjects_of(const Patchset& patchset, const std::string& manifest_sha256,
                                               const std::vector<std::string>& engines) {
  Patchset part = patchset;
  std::erase_if(part.modules, [&](const PatchModule& module) {
    return std::ranges::find(engines, module.engine) == engines.end();
  });
  return subjects_of(part, manifest_sha256);
}

std::map<std::string, std::string> subjects_of(const Patchset& patchset, const std::string& manifest_sha256) {
  std::map<std::string, std::string> subjects = {{std::string(kManifestName), manifest_sha256}};
  for (const ModuleFile& file : patchset.files()) subjects.emplace(file.file, file.sha256);
  return subjects;
}

std::vector<std::string> untried_engines(const Qualification& qualification, const Patchset& patchset) {
  std::vector<std::string> tried = qualification.engines();
  if (tried.empty()) tried.push_back(patchset.module().engine);
  std::vector<std::string> untried;
  for (const PatchModule& module : patchset.modules) {
    if (std::ranges::find(tried, module.engine) == tried.end()) untried.push_back(module.engine);
  }
  return untried;
}

bool is_about(const Statement& statement, const Patchset& patchset, const std::string& manifest_sha256) {
  if (statement.subjects == subjects_of(patchset, manifest_sha256)) return true;
  const auto* qualification = std::get_if<Qualification>(&statement.predicate);
  return qualification != nullptr &&
         statement.subjects == subjects_of(patchset, manifest_sha256, qualification->engines());
}

Json to_json(const Statement& statement) {
  Json subjects = Json::array();
  for (const auto& [name, sha256] : statement.subjects)
    subjects.push_back({{"name", name}, {"digest", {{"sha256", sha256}}}});
  Json json = {{"_type", kStatementType}, {"subject", std::move(subjects)}};
  if (const auto* qualification = std::get_if<Qualification>(&statement.predicate)) {
    json["predicateType"] = kQualificationType;
    json["predicate"] = to_json(*qualification);
  } else {
    const auto& decision = std::get<QualificationOverride>(statement.predicate);
    json["predicateType"] = kOverrideType;
    json["predicate"] = {{"reason", decision.reason}, {"time", decision.time}};
  }
  return json;
}

Result<Statement> statement_from_json(const Json& json) {
  auto statement = read_fields(json);
  if (statement || statement.error().code == "statement.unknown-kind") return statement;
  Error error = std::move(statement).error().in("read a statement about a patchset");
  error.code = "statement.schema";
  return std::unexpected(std::move(error));
}

Result<std::string> sign_statement(const Statement& statement, const Ed25519Private& key) {
  return sign_statement(statement, key.public_key(), [&key](ByteView message) { return key.sign(message); });
}

Result<std::string> sign_statement(const Statement& statement, const Ed25519Public& key,
                                   const SignMessage& sign) {
  return sign_dsse(kPayloadType, json_text(to_json(statement)), key, sign);
}

Result<SignedStatement> read_statement(std::string_view text, std::span<const Ed25519Public> keys) {
  const DsseEnvelope envelope = TRY(parse_dsse(text));
  if (envelope.payload_type != kPayloadType)
    return fail("statement.unknown-kind", "read a statement",
                "its payload is \"" + envelope.payload_type + "\"");
  SignedStatement result{
      .statement = TRY(statement_from_json(TRY(parse_json(envelope.payload, "a statement")))),
      .signer = signer_of(envelope, keys),
      .claimed = {}};
  for (const auto& signature : envelope.signatures) result.claimed.push_back(signature.key_id);
  return result;
}

}  // namespace suture
