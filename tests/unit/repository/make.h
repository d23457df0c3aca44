// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this part share: keys, documents signed with them, and a published repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "base/file.h"
#include "base/hash.h"
#include "fetch/fetcher.h"
#include "patchset/patchset.h"
#include "patchset/statement.h"
#include "repository/metadata.h"
#include "repository/policy.h"
#include "repository/publisher.h"
#include "repository/renewal.h"

namespace suture::test {

inline const Time kNow = *parse_time("2026-11-24T10:00:00Z");
inline const Time kLater = kNow + std::chrono::hours(12);

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
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
inline const Stream kStable{"stable", "debian"};
inline const Stream kCanary{"canary", "debian"};

/// A folder as `suture build` leaves it.
inline std::filesystem::path make_patchset(const std::filesystem::path& parent, std::uint32_t level,
                                           const std::string& build_id = kBuildId, std::string module = {}) {
  if (module.empty()) module = "module of level " + std::to_string(level);
  Patchset patchset;
  patchset.target = {"debian", "6.1.0-47-cloud-amd64", "6.1.170-3", "x86_64", build_id};
  patchset.level = level;
  const std::string name = "suture_" + std::to_string(level);
  patchset.modules = {{"klp", name, name + ".ko", sha256_hex(as_bytes(module)), module.size()}};
  patchset.fixes = {{"CVE-2026-53249", std::string(64, '0'), {"CVE-2026-53249"}}};
  patchset.tool = "suture 0.1.0";
  const auto folder = parent / ("patchset-" + build_id.substr(0, 1) + std::to_string(level));
  EXPECT_TRUE(write_file(folder / patchset.module().file, module));
  EXPECT_TRUE(write_file(folder / kManifestName, json_text(to_json(patchset))));
  return folder;
}

/// Gives the patchset in `folder` a second module, for Suture's own engine, and that engine's.
inline void add_stop_module(const std::filesystem::path& folder) {
  Patchset patchset = must(parse_patchset(must(read_text_file(folder / kManifestName))));
  const std::string name = "suture_stop_" + std::to_string(patchset.level);
  const std::string module = "stop module of level " + std::to_string(patchset.level);
  const std::string engine = "engine for " + patchset.target.build_id;
  patchset.modules.push_back({"stopmachine", name, name + ".ko", sha256_hex(as_bytes(module)), module.size(),
                              EngineModule{"suture.ko", sha256_hex(as_bytes(engine)), engine.size(), 1}});
  EXPECT_TRUE(write_file(folder / (name + ".ko"), module));
  EXPECT_TRUE(write_file(folder / "suture.ko", engine));
  EXPECT_TRUE(write_file(folder / kManifestName, json_text(to_json(patchset))));
}

/// What a machine would have said of the patchset in this folder: that it is good, unless there are failures.
inline Statement make_statement(const std::filesystem::path& folder, std::vector<std::string> failures = {}) {
  const std::string manifest = must(read_text_file(folder / kManifestName));
  const Patchset patchset = must(parse_patchset(manifest));
  std::vector<QualificationCheck> checks;
  for (const PatchModule& tried : patchset.modules)
    checks.push_back({tried.engine, "patch", "it loads", CheckOutcome::kPassed, 0.25, ""});
  Qualification qualification{.target = patchset.target,
                              .level = patchset.level,
                              .tool = "suture 0.1.0",
                              .machine = "a test",
                              .finished = "2026-11-24T10:00:00Z",
                              .seconds = 1.5,
                              .checks = std::move(checks),
                              .failures = std::move(failures),
                              .probes = {},
                              .ran = {"vmlinux:ip_options_get"},
                              .never_ran = {},
                              .logs = {}};
  return {.subjects = subjects_of(patchset, sha256_hex(as_bytes(manifest))),
          .predicate = std::move(qualification)};
}

inline void write_statement(const std::filesystem::path& folder, const Statement& statement,
                            const std::filesystem::path& key) {
  const std::string text = must(sign_statement(statement, must(Ed25519Private::load(key))));
  EXPECT_TRUE(write_file(folder / kQualificationName, text));
}

/// A mirror of a repository's folder, which may lie: an answer of its own for a path.
class Mirror : public FolderFetcher {
 public:
  explicit Mirror(const std::filesystem::path& folder) : FolderFetcher(folder) {}
  Result<Bytes> fetch(const std::string& path, std::size_t max_length) override {
    fetched.push_back(path);
    if (const auto found = instead.find(path); found != instead.end()) return Bytes(found->second);
    return FolderFetcher::fetch(path, max_length);
  }
  std::map<std::string, Bytes> instead;
  std::vector<std::string> fetched;
};

inline Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// A repository in a temporary folder.
struct Repository {
  TempDir folder = scratch();
  PublisherContext context{
      .repository = folder.path() / "repository", .keys = folder.path() / "keys", .now = kNow};
  // Few bins, since each is a file.
  explicit Repository(const NewRepository& wanted = {.channels = {"canary", "stable"}, .bins = 2}) {
    must(init_repository(context, wanted));
  }

  Result<AvailablePatchset> publish(std::uint32_t level, const std::string& channel = "stable",
                                    const std::string& build_id = kBuildId) const {
    return TRY(publish_patchset(context, qualified(level, build_id), channel)).patchset;
  }
  /// One with a module for each of two engines.
  Result<AvailablePatchset> publish_for_two_engines(std::uint32_t level,
                                                    const std::string& channel = "stable") const {
    const auto patchset = make_patchset(folder.path(), level);
    add_stop_module(patchset);
    write_statement(patchset, make_statement(patchset), context.keys / kQualifierKey);
    return TRY(publish_patchset(context, patchset, channel)).patchset;
  }
  /// A patchset that the repository's own qualifier vouches for.
  std::filesystem::path qualified(std::uint32_t level, const std::string& build_id = kBuildId,
                                  const std::string& module = {}) const {
    const auto patchset = make_patchset(folder.path(), level, build_id, module);
    write_statement(patchset, make_statement(patchset), context.keys / kQualifierKey);
    return patchset;
  }
  std::filesystem::path metadata(const std::string& name) const {
    return context.repository / "metadata" / name;
  }
  /// As the owner finds it that much later.
  PublisherContext later(std::chrono::seconds by) const {
    PublisherContext then = context;
    then.now += by;
    return then;
  }
  Mirror mirror() const { return Mirror(context.repository); }
  RepositoryState read() const { return must(read_repository(context.repository)); }
  std::int64_t version(const std::string& role) const {
    for (const RoleState& state : read().roles) {
      if (state.role == role) return state.version;
    }
    return 0;
  }
  /// The name under which the present document of a role is stored: "metadata/2.snapshot.json".
  std::string document(const std::string& role) const {
    const OwnedRepository owned = must(OwnedRepository::open({.repository = context.repository, .keys = {}}));
    const std::int64_t version = role == "snapshot" ? owned.state().snapshot->version
                                 : role == "root"   ? owned.state().root.version
                                                    : owned.state().snapshot->meta.at(role + ".json").version;
    return "metadata/" + tuf::versioned_name(version, role);
  }
  tuf::SigningKey key(const std::string& name) const {
    return must(tuf::SigningKey::load(context.keys / (name + ".pem")));
  }
};

/// The bin of the stable channel that has this kernel's catalog, of two.
inline std::string bin_of(const std::string& build_id = kBuildId) {
  const std::string hash = sha256_hex(as_bytes(catalog_path(kStable, build_id)));
  return bin_role(kStable, hash.front() >= '8' ? 1 : 0, 2);
}

/// Swaps the signed content of a document for another, signed by this key.
template <class Edit>
std::string forged(const Bytes& document, tuf::Role kind, const tuf::Signer& key, Edit edit) {
  Json content = must(tuf::parse_envelope(document, kind)).content;
  edit(content);
  return must(tuf::sign(content, {&key}));
}

}  // namespace suture::test
