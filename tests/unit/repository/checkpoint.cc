// SPDX-License-Identifier: Apache-2.0
#include "repository/log_checkpoint.h"

#include "base/base64.h"
#include "make.h"
#include "repository/log_tiles.h"

namespace suture {
namespace {

using test::code;
using test::must;

struct Signer {
  Ed25519Private key = must(Ed25519Private::generate());
  NoteSigner signer() const {
    return [this](ByteView message) { return key.sign(message); };
  }
  std::string note(std::string_view text, const std::string& name = "example.com/log") const {
    return must(sign_note(text, {name, key.public_key()}, signer()));
  }
  std::string sign(const Checkpoint& checkpoint) const {
    return must(sign_checkpoint(checkpoint, key.public_key(), signer()));
  }
};

const Checkpoint kCheckpoint{"example.com/log", 20852163, leaf_hash(as_bytes("root"))};

/// The note of the documentation of Go's package golang.org/x/mod/sumdb/note, and its key.
const std::string kKnownNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const std::string kKnownKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

NoteKey known_key() {
  NoteKey key{.name = "PeterNeumann", .key = {}};
  const Bytes bytes = *from_base64(kKnownKey.substr(kKnownKey.rfind('+') + 1));
  std::copy(bytes.begin() + 1, bytes.end(), key.key.point.begin());
  return key;
}

TEST(SignedNote, OpensANoteOfAnotherImplementation) {
  EXPECT_EQ(verifier_key(known_key()), kKnownKey);
  EXPECT_EQ(must(open_note(kKnownNote, known_key())), kKnownNote.substr(0, kKnownNote.find("\n\n") + 1));
}

TEST(SignedNote, IgnoresTheSignaturesOfOthers) {
  const Signer ours;
  const Signer other;
  const std::string text = "one\n\ntwo\n";
  std::string note = ours.note(text);
  std::string many = other.note(text).substr(text.size() + 1);
  for (int i = 0; i < 20; ++i) note += many;
  EXPECT_EQ(must(open_note(note, {"example.com/log", ours.key.public_key()})), text);
  // The same bytes under another name are another key.
  EXPECT_EQ(code(open_note(note, {"example.com/other", ours.key.public_key()})), "log.not-signed");
  EXPECT_EQ(code(open_note(note, {"example.com/log", Signer().key.public_key()})), "log.not-signed");
}

TEST(SignedNote, RefusesAWrongSignatureBesideAGoodOne) {
  const Signer signer;
  const std::string wrong = signer.note("two\n").substr(5);
  EXPECT_EQ(code(open_note(signer.note("one\n") + wrong, {"example.com/log", signer.key.public_key()})),
            "log.not-signed");
}

TEST(SignedNote, RefusesEveryChangedByteOfItsOwn) {
  const NoteKey key = known_key();
  for (std::size_t i = 0; i < kKnownNote.size(); ++i) {
    for (const unsigned bit : {1u, 2u, 32u, 128u}) {
      std::string changed = kKnownNote;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ bit);
      EXPECT_FALSE(open_note(changed, key)) << i << " " << bit;
    }
    EXPECT_FALSE(open_note(kKnownNote.substr(0, i), key)) << i;
  }
}

TEST(SignedNote, RefusesWhatIsNone) {
  const NoteKey key = known_key();
  const std::string text = "text\n\n";
  const std::string dash = "\u2014 ";
  for (const std::string& note : {std::string(),
                                  std::string("\n\n"),
                                  text,
                                  text + "signature\n",
                                  text + dash + "name\n",
                                  text + dash + "name \n",
                                  text + dash + " AAAAAAAA\n",
                                  text + dash + "a+b AAAAAAAA\n",
                                  text + dash + "a\u2003b AAAAAAAA\n",
                                  text + dash + "name AAAA\n",
                                  text + dash + "name AAAAAAA\n",
                                  text + dash + "name AAAAAAAA",
                                  text + dash + "name AAAAAAAA AAAA\n",
                                  text + "- name AAAAAAAA\n",
                                  "te\txt\n\n" + dash + "name AAAAAAAA\n",
                                  "\xff\n\n" + dash + "name AAAAAAAA\n",
                                  "\xc0\x80\n\n" + dash + "name AAAAAAAA\n",
                                  "\xed\xa0\x80\n\n" + dash + "name AAAAAAAA\n",
                                  "\xf4\x90\x80\x80\n\n" + dash + "name AAAAAAAA\n",
                                  "\xe2\x82\n\n" + dash + "name AAAAAAAA\n",
                                  std::string(kMaxNoteBytes, 'a') + "\n\n" + dash + "name AAAAAAAA\n"}) {
    EXPECT_EQ(code(open_note(note, key)), "log.malformed") << note.substr(0, 40);
  }
  EXPECT_EQ(code(open_note(text + dash + "n\u00e4me\U0001f600 AAAAAAAA\n", key)), "log.not-signed");
}

TEST(SignedNote, SignsOnlyWhatCanBeRead) {
  const Signer signer;
  const auto sign = [&](std::string_view text, const std::string& name) {
    return code(sign_note(text, {name, signer.key.public_key()}, signer.signer()));
  };
  for (const char* name : {"", "a b", "a+b", "a\nb", "a\u00a0b", "\xff"})
    EXPECT_EQ(sign("text\n", name), "log.malformed") << name;
  for (const char* text : {"", "text", "te\rxt\n", "\xff\n"})
    EXPECT_EQ(sign(text, "name"), "log.malformed") << text;
  EXPECT_EQ(sign(std::string(kMaxNoteBytes, 'a') + "\n", "name"), "log.malformed");
  EXPECT_EQ(sign("text\n", "name"), "ok");
}

TEST(SignedNote, ChecksWhatTheSignerMade) {
  const Signer signer;
  const NoteKey other{"name", Signer().key.public_key()};
  EXPECT_EQ(code(sign_note("text\n", other, signer.signer())), "log.not-signed");
  const NoteSigner empty = [](ByteView) -> Result<Bytes> { return Bytes(); };
  EXPECT_EQ(code(sign_note("text\n", other, empty)), "log.not-signed");
  const NoteSigner broken = [](ByteView) -> Result<Bytes> { return fail("key.token-gone", "sign", "gone"); };
  EXPECT_EQ(code(sign_note("text\n", other, broken)), "key.token-gone");
}

TEST(Checkpoint, ComesBackAsItWasSigned) {
  const Signer signer;
  const std::string note = signer.sign(kCheckpoint);
  EXPECT_TRUE(note.starts_with("example.com/log\n20852163\n" + to_base64(kCheckpoint.root) + "\n\n\u2014 "));
  EXPECT_EQ(must(open_checkpoint(note, signer.key.public_key())), kCheckpoint);
  EXPECT_EQ(must(open_checkpoint(note, signer.key.public_key(), "example.com/log")), kCheckpoint);
  for (const std::uint64_t size : {std::uint64_t{1}, kMaxLogSize}) {
    const Checkpoint other{"l", size, kCheckpoint.root};
    EXPECT_EQ(must(open_checkpoint(signer.sign(other), signer.key.public_key())), other);
  }
  const Checkpoint empty{.origin = "new"};
  EXPECT_EQ(must(open_checkpoint(signer.sign(empty), signer.key.public_key())), empty);
}

TEST(Checkpoint, IsOfTheLogThatIsMeant) {
  const Signer signer;
  const std::string note = signer.sign(kCheckpoint);
  EXPECT_EQ(code(open_checkpoint(note, signer.key.public_key(), "example.com/lo")), "log.other-origin");
  EXPECT_EQ(code(open_checkpoint(note, Signer().key.public_key())), "log.not-signed");
  std::string grown = note;
  grown[note.find("2085")] = '3';
  EXPECT_EQ(code(open_checkpoint(grown, signer.key.public_key())), "log.not-signed");
}

TEST(Checkpoint, MayHaveExtensionLines) {
  const Signer signer;
  const std::string lines = "example.com/log\n20852163\n" + to_base64(kCheckpoint.root) + "\n";
  EXPECT_EQ(must(open_checkpoint(signer.note(lines + "more\nand more\n"), signer.key.public_key())),
            kCheckpoint);
  EXPECT_EQ(code(open_checkpoint(signer.note(lines + "\nmore\n"), signer.key.public_key())), "log.malformed");
}

TEST(Checkpoint, RefusesOtherTextsThoughTheyAreSigned) {
  const Signer signer;
  const std::string root = to_base64(kCheckpoint.root) + "\n";
  for (const std::string& text : std::vector<std::string>{
           "example.com/log\n", "example.com/log\n1\n", "example.com/log\n\n" + root,
           "example.com/log\n01\n" + root, "example.com/log\n+1\n" + root, "example.com/log\n-1\n" + root,
           "example.com/log\n1 \n" + root, "example.com/log\n0x1\n" + root, "example.com/log\n0\n" + root,
           "example.com/log\n1099511627777\n" + root, "example.com/log\n18446744073709551617\n" + root,
           "example.com/log\n1\n=" + root, "example.com/log\n1\nAAAA\n",
           "example.com/log\n1\n" + root.substr(0, 43) + "\n"}) {
    EXPECT_EQ(code(open_checkpoint(signer.note(text), signer.key.public_key())), "log.malformed") << text;
  }
  EXPECT_EQ(code(open_checkpoint("", signer.key.public_key())), "log.malformed");
}

TEST(Checkpoint, IsNotSignedWhenNobodyCouldReadIt) {
  const Signer signer;
  for (const Checkpoint& checkpoint :
       {Checkpoint{"", 1, kCheckpoint.root}, Checkpoint{"a\nb", 1, kCheckpoint.root},
        Checkpoint{"a b", 1, kCheckpoint.root}, Checkpoint{"log", kMaxLogSize + 1, kCheckpoint.root},
        Checkpoint{"log", 0, kCheckpoint.root}}) {
    EXPECT_EQ(code(sign_checkpoint(checkpoint, signer.key.public_key(), signer.signer())), "log.malformed");
  }
}

}  // namespace
}  // namespace suture
