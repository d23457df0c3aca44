// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this part share: keys, documents signed with them, and a published repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/file.h"
#include "base/hash.h"
#include "patchset/patchset.h"
#include "patchset/statement.h"
#include "repository/fetcher.h"
#include "repository/metadata.h"
#include "repository/policy.h"
#include "repository/publisher.h"

namespace suture::test {

inline const tuf::Time kNow = *tuf::parse_time("2026-11-24T10:00:00Z");
inline const tuf::Time kLater = kNow + std::chrono::hours(12);

template <class T>
T must(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return *std::move(result);
}

template <class T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

/// A file of the tests, without a trace afterwards.
inline TempDir scratch() {
  return must(TempDir::make("suture-repository"));
}

/// One key a role, and documents made with them that a test may bend before they are signed.
struct Signers {
  std::map<tuf::Role, tuf::SigningKey> keys;
  Signers() {
    for (const tuf::Role role : tuf::kRoles) keys.emplace(role, must(tuf::SigningKey::generate()));
  }

  tuf::Root root(std::int64_t version = 1) const {
    tuf::Root document{.version = version, .expires = kLater, .keys = {}, .roles = {}};
    for (const auto& [role, key] : keys) {
      document.keys[key.public_key().id] = key.public_key();
      document.roles[role] = {{key.public_key().id}, 1};
    }
    return document;
  }
  template <class Document>
  std::string sign(const Document& document, tuf::Role role) const {
    return must(tuf::sign(tuf::to_json(document), {&keys.at(role)}));
  }
  std::string sign_root(const tuf::Root& document) const { return sign(document, tuf::Role::kRoot); }
};

inline tuf::MetaFile described(std::int64_t version, const std::string& text) {
  return {version, text.size(), sha256_hex(as_bytes(text))};
}

inline const std::string kBuildId(40, 'a');

/// A folder as `suture build` leaves it.
inline std::filesystem::path make_patchset(const std::filesystem::path& parent, std::uint32_t level) {
  const std::string module = "module of level " + std::to_string(level);
  Patchset patchset;
  patchset.target = {"debian", "6.1.0-47-cloud-amd64", "6.1.170-3", "x86_64", kBuildId};
  patchset.level = level;
  patchset.engine = "klp";
  patchset.module_name = "suture_" + std::to_string(level);
  patchset.module_file = patchset.module_name + ".ko";
  patchset.module_sha256 = sha256_hex(as_bytes(module));
  patchset.module_size = module.size();
  patchset.fixes = {{"CVE-2026-53249", std::string(64, '0'), {"CVE-2026-53249"}}};
  patchset.tool = "suture 0.1.0";
  const auto folder = parent / ("patchset-" + std::to_string(level));
  EXPECT_TRUE(write_file(folder / patchset.module_file, module));
  EXPECT_TRUE(write_file(folder / kManifestName, json_text(to_json(patchset))));
  return folder;
}

/// What a machine would have said of the patchset in this folder: that it is good, unless there are failures.
inline Statement make_statement(const std::filesystem::path& folder, std::vector<std::string> failures = {}) {
  const std::string manifest = must(read_text_file(folder / kManifestName));
  const Patchset patchset = must(parse_patchset(manifest));
  Qualification qualification{.target = patchset.target,
                              .level = patchset.level,
                              .tool = "suture 0.1.0",
                              .machine = "a test",
                              .finished = "2026-11-24T10:00:00Z",
                              .seconds = 1.5,
                              .checks = {{"patch", "it loads", CheckOutcome::kPassed, 0.25, ""}},
                              .failures = std::move(failures),
                              .probes = {},
                              .ran = {"vmlinux:ip_options_get"},
                              .never_ran = {},
                              .logs = {}};
  return {.subjects = {{patchset.module_file, patchset.module_sha256},
                       {std::string(kManifestName), sha256_hex(as_bytes(manifest))}},
          .predicate = std::move(qualification)};
}

inline void write_statement(const std::filesystem::path& folder, const Statement& statement,
                            const std::filesystem::path& key) {
  const std::string text = must(sign_statement(statement, must(Ed25519Private::load(key))));
  EXPECT_TRUE(write_file(folder / kQualificationName, text));
}

/// Reads a repository's folder, and lets a test stand between: an answer of its own for a path.
class FolderFetcher : public Fetcher {
 public:
  explicit FolderFetcher(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    fetched.push_back(path);
    if (const auto found = instead.find(path); found != instead.end()) return Bytes(found->second);
    if (!std::filesystem::exists(folder_ / path))
      return fail("repository.absent", "fetch " + path, "no such file");
    return read_file(folder_ / path, max_length);
  }
  std::map<std::string, Bytes> instead;
  std::vector<std::string> fetched;

 private:
  std::filesystem::path folder_;
};

inline Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// A repository in a temporary folder.
struct Repository {
  TempDir folder = scratch();
  PublisherContext context{folder.path() / "repository", folder.path() / "keys", Expiry(), kNow};
  Repository() { must(init_repository(context)); }

  Result<AvailablePatchset> publish(std::uint32_t level, const std::string& channel = "stable") const {
    return publish_patchset(context, qualified(level), channel);
  }
  /// A patchset that the repository's own qualifier vouches for.
  std::filesystem::path qualified(std::uint32_t level) const {
    const auto patchset = make_patchset(folder.path(), level);
    write_statement(patchset, make_statement(patchset), context.keys / kQualifierKey);
    return patchset;
  }
  std::filesystem::path metadata(const std::string& name) const {
    return context.repository / "metadata" / name;
  }
  FolderFetcher fetcher() const { return FolderFetcher(context.repository); }
};

}  // namespace suture::test
