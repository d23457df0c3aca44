// SPDX-License-Identifier: Apache-2.0
#include "repository/policy.h"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "base/duration.h"
#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestPolicy = 64u << 10;
constexpr std::size_t kLargestStatement = 16u << 20;

std::unexpected<Error> wrong(const toml::source_region& place, const std::string& why) {
  return fail("repository.policy", "read " + std::string(kPolicyFile),
              "line " + std::to_string(place.begin.line) + ": " + why, "See suture-publish(1).");
}

Result<void> read_qualification(const toml::table& table, PublishingPolicy& policy) {
  for (const auto& [key, node] : table) {
    if (key.str() == "required") {
      const auto value = node.value_exact<bool>();
      if (!value) return wrong(node.source(), "\"required\" is true or false");
      policy.qualification_required = *value;
    } else if (key.str() == "keys" && node.is_array()) {
      for (const toml::node& item : *node.as_array()) {
        const auto key_of = Ed25519Public::from_hex(item.value_exact<std::string>().value_or(""));
        if (!key_of) return wrong(item.source(), "not a public key: 64 hexadecimal digits in quotes");
        policy.qualifiers.push_back(*key_of);
      }
    } else {
      return wrong(node.source(), "[qualification] has \"required\" and \"keys\"");
    }
  }
  return {};
}

Result<void> read_channel(const std::string& name, const toml::table& table, PublishingPolicy& policy) {
  ChannelPolicy channel;
  for (const auto& [key, node] : table) {
    const auto text = node.value_exact<std::string>();
    const auto after = key.str() == "after" && text ? parse_duration(*text) : std::nullopt;
    if (key.str() == "from" && text) {
      channel.from = *text;
    } else if (after) {
      channel.after = *after;
    } else {
      return wrong(node.source(), "a channel has \"from\", a channel, and \"after\", such as \"24h\"");
    }
  }
  policy.channels[name] = channel;
  return {};
}

Result<void> read_command(const toml::node& node, SignerPlace& place) {
  for (const toml::node& word : *node.as_array()) {
    const auto text = word.value_exact<std::string>();
    if (!text) return wrong(word.source(), "a command is a list of words in quotes");
    place.command.push_back(*text);
  }
  return {};
}

Result<void> read_signer(const std::string& name, const toml::table& table, PublishingPolicy& policy) {
  SignerPlace place;
  bool named = false;
  for (const auto& [key, node] : table) {
    const std::string text = node.value_exact<std::string>().value_or("");
    if (key.str() == "public") {
      const auto read = Ed25519Public::from_hex(text);
      if (!read) return wrong(node.source(), "not a public key: 64 hexadecimal digits in quotes");
      place.key = *read;
      named = true;
    } else if (key.str() == "pkcs11" && text.starts_with("pkcs11:")) {
      place.pkcs11 = text;
    } else if (key.str() == "pin_file" && !text.empty()) {
      place.pin_file = text;
    } else if (key.str() == "module" && !text.empty()) {
      place.module = text;
    } else if (key.str() == "command" && node.is_array()) {
      TRY(read_command(node, place));
    } else {
      return wrong(node.source(), "a signer has \"public\", and \"pkcs11\" or \"command\"");
    }
  }
  if (!named || place.pkcs11.empty() == place.command.empty()) {
    return wrong(table.source(),
                 "the signer \"" + name + "\" needs \"public\", and either \"pkcs11\" or \"command\"");
  }
  policy.signers[name] = std::move(place);
  return {};
}

Result<void> read_named(const toml::table& tables, PublishingPolicy& policy,
                        Result<void> (*read)(const std::string&, const toml::table&, PublishingPolicy&)) {
  for (const auto& [name, node] : tables) {
    if (!node.is_table()) return wrong(node.source(), "\"" + std::string(name.str()) + "\" is no table");
    TRY(read(std::string(name.str()), *node.as_table(), policy));
  }
  return {};
}

}  // namespace

Result<PublishingPolicy> parse_policy(std::string_view text) {
  // toml++ 3.3 runs into undefined behaviour at some letters beyond ASCII.
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }))
    return wrong({}, "it has other letters than ASCII has");
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return wrong(parsed.error().source(), std::string(parsed.error().description()));
  PublishingPolicy policy;
  for (const auto& [key, node] : parsed.table()) {
    const bool table = node.is_table();
    if (table && key.str() == "qualification") {
      TRY(read_qualification(*node.as_table(), policy));
    } else if (table && key.str() == "channel") {
      TRY(read_named(*node.as_table(), policy, read_channel));
    } else if (table && key.str() == "signer") {
      TRY(read_named(*node.as_table(), policy, read_signer));
    } else {
      return wrong(node.source(), "there is no setting \"" + std::string(key.str()) + "\"");
    }
  }
  return policy;
}

Result<PublishingPolicy> read_policy(const fs::path& keys) {
  std::error_code error;
  if (!fs::exists(keys / kPolicyFile, error)) return PublishingPolicy{};
  return parse_policy(TRY(read_text_file(keys / kPolicyFile, kLargestPolicy)));
}

std::string policy_text(const Ed25519Public& qualifier) {
  return "# What a patchset must have before it is published: see suture-publish(1).\n"
         "[qualification]\n"
         "required = true\n"
         "# Whose word counts: public keys, as `suture repo key FILE` prints them.\n"
         "keys = [\"" +
         qualifier.hex() + "\"]\n";
}

Result<std::string> good_statement(const PublishingPolicy& policy, const fs::path& folder,
                                   const Patchset& patchset, const std::string& manifest_sha256) {
  const fs::path file = folder / kQualificationName;
  const std::string what = "publish " + folder.string();
  const std::string hint =
      "`suture qualify` tries it; `--unqualified REASON` publishes it all the same, and says so for ever.";
  std::error_code error;
  if (!fs::exists(file, error))
    return fail("publish.not-qualified", what,
                "nobody vouches for it: there is no " + file.filename().string(), hint);
  std::string text = TRY(read_text_file(file, kLargestStatement));
  const SignedStatement statement = TRY_IN(what, read_statement(text, policy.qualifiers));
  if (!statement.signer) {
    return fail(
        "publish.qualifier-unknown", what,
        "none of the qualifiers that " + std::string(kPolicyFile) + " names has signed its qualification",
        "Their keys stand there; `suture repo key FILE` prints the public half of one.");
  }
  if (!is_about(statement.statement, patchset, manifest_sha256)) {
    return fail("publish.qualification-differs", what,
                "its qualification is about another module or manifest",
                "It was built again since: `suture qualify` tries this one.");
  }
  const auto* qualification = std::get_if<Qualification>(&statement.statement.predicate);
  if (qualification == nullptr) return fail("publish.not-qualified", what, "it was never tried", hint);
  if (!qualification->passed())
    return fail("publish.qualification-failed", what, "it failed: " + qualification->failures.front(), hint);
  const std::vector<std::string> untried = untried_engines(*qualification, patchset);
  if (untried.empty()) return text;
  return fail(
      "publish.engine-untried", what,
      fmt::format("it has a module for the engine {}, with which nobody tried it", fmt::join(untried, ", ")),
      "`suture qualify` without --engine tries it with each; `--unqualified REASON` publishes it all "
      "the same, and says so for ever.");
}

}  // namespace suture
