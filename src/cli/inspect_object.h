// SPDX-License-Identifier: Apache-2.0
//
// What an object file holds, function by function: a unit, a delta, a module.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json_fwd.h"
#include "elf/object.h"
#include "patchset/patchset.h"

namespace suture::cli {

/// `patchset`: the manifest beside it, if it is the module of one. It says how large functions were.
/// "delta.record-malformed" when it is a delta with a broken record.
Result<Json> object_json(const elf::Object& object, const std::optional<Patchset>& patchset);
/// The same for a person.
std::string object_text(const Json& json);

}  // namespace suture::cli
