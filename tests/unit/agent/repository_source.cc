// SPDX-License-Identifier: Apache-2.0
//
// The agent's source over a published repository. Run by root, the process without privileges is another
// user's, as in life.
#include "agent/repository_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../repository/make.h"
#include "agent/signed_word.h"
#include "agent/store.h"

namespace suture::test {
namespace {

namespace fs = std::filesystem;

struct Fleet {
  Fleet() {
    repository.context.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    fs::remove_all(repository.context.repository);
    EXPECT_TRUE(init_repository(repository.context));
    // Temporary folders are their owner's only.
    ::chmod(repository.folder.path().c_str(), 0755);
    ::chmod(folder.path().c_str(), 0755);
    config.repository = "file://" + repository.context.repository.string();
    config.root = folder.path() / "root.json";
    config.state = folder.path() / "state";
    fs::copy_file(repository.metadata("1.root.json"), config.root);
    kernel.build_id = kBuildId;
  }
  Result<std::optional<Offer>> newest(const std::string& known = "") {
    return RepositorySource(config).newest(kernel, known);
  }
  auto signed_word() const { return read_signed_word(config, kBuildId, std::chrono::system_clock::now()); }

  Repository repository;
  TempDir folder = scratch();
  AgentConfig config;
  RunningKernel kernel;
};

TEST(RepositorySource, ThePublishedPatchsetIsOffered) {
  Fleet fleet;
  EXPECT_FALSE(must(fleet.newest()));
  must(fleet.repository.publish(1));
  must(fleet.repository.publish(2));
  const auto offer = must(fleet.newest());
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->patchset.level, 2u);
  const Bytes module = must(read_file(offer->folder / "suture_2.ko"));
  const Store store(fleet.config.state / "patchsets");
  const StoredPatchset stored = Store::place_for(offer->patchset, offer->manifest);
  ASSERT_TRUE(store.keep(stored, offer->manifest, offer->patchset, module));
  EXPECT_TRUE(store.load(stored));

  EXPECT_TRUE(must(fleet.newest(stored.module_sha256))->known);
  fleet.kernel.build_id = std::string(40, 'b');
  EXPECT_FALSE(must(fleet.newest()));
}

TEST(RepositorySource, ATamperedPayloadIsRefused) {
  Fleet fleet;
  const auto published = must(fleet.repository.publish(1));
  for (const auto& entry :
       fs::recursive_directory_iterator(fleet.repository.context.repository / "targets")) {
    if (entry.path().extension() != ".ko") continue;
    ASSERT_TRUE(write_file(entry.path(), std::string_view("module of level 2")));
  }
  EXPECT_EQ(code(fleet.newest()), "repository.tampered");
}

TEST(RepositorySource, ARepositoryOfAnotherRootIsRefused) {
  Fleet fleet;
  Fleet other;
  fs::copy_file(other.config.root, fleet.config.root, fs::copy_options::overwrite_existing);
  EXPECT_EQ(code(fleet.newest()), "repository.bad-signature");
}

// Whoever holds the process without privileges can write what it likes there, but sign nothing.
TEST(SignedWord, AnotherOwnersMetadataIsRefused) {
  Fleet fleet;
  Fleet attacker;
  must(fleet.repository.publish(1));
  must(attacker.repository.publish(2));
  must(fleet.newest());
  must(attacker.newest());
  ASSERT_EQ(must(fleet.signed_word()).back().level, 1u);
  const fs::path own = fleet.config.state / "repository";
  fs::remove_all(own);
  fs::copy(attacker.config.state / "repository", own, fs::copy_options::recursive);
  EXPECT_EQ(code(fleet.signed_word()), "repository.bad-signature");

  // Nor does a root of their own, offered as the next one, help.
  const Signers theirs;
  ASSERT_TRUE(write_file(roots_folder(fleet.config) / "2.root.json", theirs.sign_root(theirs.root(2))));
  EXPECT_EQ(code(fleet.signed_word()), "repository.bad-signature");
}

TEST(SignedWord, OldMetadataIsNotBelievedForEver) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.newest());
  const auto later = std::chrono::system_clock::now() + std::chrono::days(2);
  EXPECT_EQ(code(read_signed_word(fleet.config, kBuildId, later)), "repository.expired");
}

TEST(SignedWord, LinksAreNotFollowed) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  must(fleet.newest());
  const fs::path targets = fleet.config.state / "repository/targets.json";
  fs::rename(targets, fleet.folder.path() / "elsewhere");
  fs::create_symlink(fleet.folder.path() / "elsewhere", targets);
  EXPECT_EQ(code(fleet.signed_word()), "agent.hand-over");
}

TEST(SignedWord, TheChainOfRootsIsFollowedAndRemembered) {
  Fleet fleet;
  must(fleet.repository.publish(1));
  const auto& context = fleet.repository.context;
  const Bytes first = must(read_file(fleet.repository.metadata("1.root.json")));
  tuf::Root next = must(tuf::root_from_json(must(tuf::parse_envelope(first, tuf::Role::kRoot)).content));
  next.version = 2;
  const auto key = must(tuf::SigningKey::load(context.keys / "root.pem"));
  const std::string second = must(tuf::sign(tuf::to_json(next), {&key}));
  ASSERT_TRUE(write_file(fleet.repository.metadata("2.root.json"), second));
  ASSERT_TRUE(must(fleet.newest()));
  EXPECT_EQ(must(read_text_file(fleet.config.state / "root.json")), second);
  // From now on the administrator's first root is not needed.
  fs::remove(fleet.config.root);
  EXPECT_TRUE(must(fleet.newest()));
}

}  // namespace
}  // namespace suture::test
