// SPDX-License-Identifier: Apache-2.0
#include "cli/statement_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/terminal.h"
#include "patchset/statement.h"

namespace suture::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestStatement = 16u << 20;

/// A statement as it is found: of whom, and whether it holds.
struct Found {
  Statement statement;
  std::string key;    ///< who it says has signed it; empty when the signature is not that key's
  std::string fault;  ///< why it is worth nothing
};

/// The signature must be that of the key which the envelope names: whose that is, a person has to know.
Found read(const fs::path& file, const fs::path& folder, const Patchset& patchset) {
  Found found;
  const auto text = read_text_file(file, kLargestStatement);
  auto read = text ? read_statement(*text, {}) : std::unexpected(text.error());
  if (!read) return {.statement = {}, .key = {}, .fault = read.error().message()};
  std::vector<Ed25519Public> keys;
  for (const std::string& claimed : read->claimed) {
    if (const auto key = Ed25519Public::from_hex(claimed)) keys.push_back(*key);
  }
  const auto again = read_statement(*text, keys);
  if (again && again->signer) found.key = again->signer->hex();
  found.statement = std::move(read->statement);
  const auto manifest = sha256_hex_of_file(folder / kManifestName);
  if (found.key.empty()) {
    found.fault = "its signature is not that of the key which it names";
  } else if (!is_about(found.statement, patchset, manifest.value_or(""))) {
    found.fault = "it is about another module or manifest";
  }
  return found;
}

std::string qualification_line(const Found& found, const Patchset& patchset) {
  const auto* qualification = std::get_if<Qualification>(&found.statement.predicate);
  if (qualification == nullptr) return "no: it was never tried";
  const auto count = [&](CheckOutcome outcome) {
    return std::ranges::count(qualification->checks, outcome, &QualificationCheck::outcome);
  };
  const std::vector<std::string> engines = qualification->engines();
  const std::string who =
      fmt::format("{}{}, signed by {}", engines.empty() ? "" : fmt::format("{}; ", fmt::join(engines, ", ")),
                  qualification->finished, found.key);
  if (!qualification->passed())
    return coloured("FAILED", Colour::kRed) + fmt::format(": {}; {}", qualification->failures.front(), who);
  const std::vector<std::string> untried = untried_engines(*qualification, patchset);
  if (!untried.empty())
    return coloured("NO", Colour::kRed) +
           fmt::format(": it was not tried with {}; {}", fmt::join(untried, ", "), who);
  return fmt::format("yes: {} checks passed, {} to know; {}", count(CheckOutcome::kPassed),
                     count(CheckOutcome::kReported), who);
}

}  // namespace

std::string statements_text(const fs::path& folder, const Patchset& patchset) {
  std::string text;
  std::error_code error;
  if (!fs::exists(folder / kQualificationName, error)) {
    text = "qualified no: `suture qualify` tries it\n";
  } else {
    const Found found = read(folder / kQualificationName, folder, patchset);
    text = "qualified " +
           (found.fault.empty() ? qualification_line(found, patchset)
                                : coloured("WORTHLESS", Colour::kRed) + ": " + found.fault) +
           "\n";
  }
  if (!fs::exists(folder / kOverrideName, error)) return text;
  const Found found = read(folder / kOverrideName, folder, patchset);
  const auto* decision = std::get_if<QualificationOverride>(&found.statement.predicate);
  if (!found.fault.empty() || decision == nullptr)
    return text + "override  worthless: " + (decision == nullptr ? "it is none" : found.fault) + "\n";
  return text + coloured("override  ", Colour::kRed) +
         fmt::format("published without a qualification: {}; {}, signed by {}\n", decision->reason,
                     decision->time, found.key);
}

Json statements_json(const fs::path& folder, const Patchset& patchset) {
  Json json = Json::object();
  for (const auto& [key, name] :
       {std::pair("qualification", kQualificationName), std::pair("override", kOverrideName)}) {
    std::error_code error;
    if (!fs::exists(folder / name, error)) continue;
    const Found found = read(folder / name, folder, patchset);
    json[key] = {{"signer", found.key}, {"fault", found.fault}};
    if (!found.fault.empty()) continue;
    json[key]["statement"] = to_json(found.statement);
    if (const auto* qualification = std::get_if<Qualification>(&found.statement.predicate))
      json[key]["untried_engines"] = untried_engines(*qualification, patchset);
  }
  return json;
}

}  // namespace suture::cli
