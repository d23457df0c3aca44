// SPDX-License-Identifier: Apache-2.0
//
// ELF notes as the kernel shows them in /sys/kernel/notes (ELF-64 Object File Format, "Note Section"; each
// entry is three 32-bit words, a name and a descriptor, both padded to 4 bytes).
#pragma once

#include <string>

#include "base/file.h"

namespace suture {

/// The GNU build-id in a run of notes, as lower-case hexadecimal. "engine.notes-malformed" for notes that
/// end past the bytes, "engine.no-build-id" when none of them is a build-id.
Result<std::string> build_id_of_notes(ByteView notes);

}  // namespace suture
