// SPDX-License-Identifier: Apache-2.0
//
// Text with signatures below it: C2SP signed notes (https://c2sp.org/signed-note), with Ed25519 keys.
//
//   text, of any lines
//
//   — example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+…
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "base/error.h"
#include "base/file.h"

namespace suture {

/// Room for the 16 signatures that every reader must take, also for those of post-quantum algorithms.
inline constexpr std::size_t kMaxNoteBytes = 256u << 10;

/// Both make a key: the same bytes under another name are another key.
struct NoteKey {
  std::string name;  ///< not empty, without spaces and "+"; like a URL without scheme
  Ed25519Public key;
};

/// Makes the 64 bytes of an Ed25519 signature. The private key may be out of reach, in a token.
using NoteSigner = std::function<Result<Bytes>(ByteView message)>;

/// The note with one signature. `text` ends with a line break. "log.malformed" for a text or a name that no
/// note can have; "log.not-signed" when what `signer` made is no signature of the key.
Result<std::string> sign_note(std::string_view text, const NoteKey& key, const NoteSigner& signer);

/// The text, once the key's signature is verified; those of other keys are not looked at. "log.malformed",
/// "log.not-signed". The text points into `note`.
Result<std::string_view> open_note(std::string_view note, const NoteKey& key);

/// The key as tools for signed notes take it: "<name>+<key id>+<algorithm and key in Base 64>".
std::string verifier_key(const NoteKey& key);

}  // namespace suture
