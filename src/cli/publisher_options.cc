// SPDX-License-Identifier: Apache-2.0
#include "cli/publisher_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "base/json.h"
#include "base/secret_prompt.h"
#include "cli/outcome.h"

namespace suture::cli {
namespace {

/// Ten years: what is signed for longer protects from nothing.
constexpr std::chrono::seconds kLongest = std::chrono::days(3660);

}  // namespace

Result<std::chrono::seconds> parse_span(std::string_view text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto span = parse_duration(number ? std::string(text) + "d" : std::string(text));
  if (!span || *span > kLongest) {
    return fail("publish.malformed-expiry", "read the duration \"" + std::string(text) + "\"",
                "it is not a number of days or hours, up to ten years", "For example 30d or 12h.");
  }
  return *span;
}

namespace {

Result<void> apply(Expiry& expiry, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string role = text.substr(0, equals);
  std::chrono::seconds* field = role == "root"        ? &expiry.root
                                : role == "targets"   ? &expiry.targets
                                : role == "snapshot"  ? &expiry.snapshot
                                : role == "timestamp" ? &expiry.timestamp
                                                      : nullptr;
  if (field == nullptr || equals == std::string::npos) {
    return fail("publish.malformed-expiry", "read --expires " + text,
                "it does not begin with root=, targets=, snapshot= or timestamp=",
                "For example --expires timestamp=2d.");
  }
  *field = TRY(parse_span(std::string_view(text).substr(equals + 1)));
  if (field->count() > 0) return {};
  return fail("publish.malformed-expiry", "read --expires " + text, "it would have expired at once");
}

constexpr std::size_t kLongestPassphrase = 1024;

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

Result<std::string> type_in(const std::string& prompt) {
  const std::string what = "ask for the passphrase of " + prompt;
  auto typed = ask_secret("Passphrase of " + prompt, kLongestPassphrase);
  if (!typed)
    return fail("key.passphrase", what, "there is no terminal to ask on", "Give --passphrase-file FILE.");
  if (!typed->empty()) return *std::move(typed);
  return fail("key.passphrase", what, "none was typed");
}

Result<std::string> type_twice(const std::string& name) {
  std::string first = TRY(type_in("the new key " + name));
  if (TRY(type_in("the new key " + name + " again")) == first) return first;
  return fail("key.passphrase", "ask for the passphrase of " + name, "the two are not the same");
}

}  // namespace

void add_publisher_options(CLI::App& command, PublisherOptions& options) {
  command.add_option("--keys", options.keys, "Folder of the signing keys, with repository.toml")
      ->required()
      ->type_name("FOLDER");
  command
      .add_option("--passphrase-file", options.passphrase_file,
                  "Its first line opens encrypted keys (default: ask on the terminal)")
      ->type_name("FILE");
  command
      .add_option("--request", options.request,
                  "Where keys are missing here: write what they have to sign into this file")
      ->type_name("FILE");
  command
      .add_option("--expires", options.expiries,
                  "For how long metadata may be believed, in days or hours; may be repeated "
                  "(default: root=365d targets=90d snapshot=7d timestamp=1d)")
      ->type_name("ROLE=TIME");
}

void add_encrypt_option(CLI::App& command, PublisherOptions& options) {
  command.add_flag("--encrypt", options.encrypt, "Encrypt new keys with a passphrase");
}

Passphrase passphrase_of(const PublisherOptions& options) {
  return [file = options.passphrase_file, encrypt = options.encrypt](const std::string& name,
                                                                     KeyUse use) -> Result<std::string> {
    if (use == KeyUse::kMake && !encrypt) return std::string();
    if (!file.empty()) {
      std::string line = first_line(TRY(read_text_file(file, kLongestPassphrase)));
      if (!line.empty()) return line;
      return fail("key.passphrase", "read the passphrase in " + file, "its first line is empty");
    }
    return use == KeyUse::kMake ? type_twice(name) : type_in(name);
  };
}

Result<PublisherContext> publisher_context(const PublisherOptions& options) {
  Expiry expiry;
  for (const std::string& text : options.expiries) TRY(apply(expiry, text));
  return PublisherContext{.repository = options.repository,
                          .keys = options.keys,
                          .expiry = expiry,
                          .now = TRY(publishing_time()),
                          .passphrase = passphrase_of(options),
                          .request = options.request};
}

int tell_committed(const Committed& committed, const PublisherOptions& options) {
  if (committed.published) return kOk;
  fmt::print("not published yet: {} must be signed by keys that are not here\n",
             fmt::join(committed.waiting_for, ", "));
  fmt::print(
      "with those keys: suture repo sign {0} --keys FOLDER\nthen here: suture repo apply {1} {0} --keys "
      "{2}\n",
      options.request, options.repository, options.keys);
  return kOk;
}

Json to_json(const Committed& committed, const PublisherOptions& options) {
  Json json = {{"published", committed.published}, {"waiting_for", committed.waiting_for}};
  if (!committed.published) json["request"] = options.request;
  return json;
}

}  // namespace suture::cli
