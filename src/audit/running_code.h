// SPDX-License-Identifier: Apache-2.0
//
// The code that processes really run: which files they have mapped, in which root file system, and whether
// those are still the files of that name. A library that was updated stays mapped in its old form until
// its users are restarted.
//
// All of it is read as others leave it, while it changes: a process that has ended meanwhile is passed over,
// one that may not be looked at is counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "audit/embedded.h"
#include "audit/root_folder.h"
#include "audit/unit_name.h"
#include "base/error.h"
#include "base/terminal.h"

namespace suture {

struct RunningProcess {
  std::int64_t pid = 0;
  std::string name{};  ///< as it calls itself
  ProcessOwner owner{};
  std::size_t root = 0;    ///< index into RunningCode::roots
  std::int64_t began = 0;  ///< seconds since 1970; 0: not known
};

/// What became of a mapped file.
enum class CodeState : std::uint8_t {
  kCurrent,   ///< it is the file of its name, or that one holds the same code
  kReplaced,  ///< another file has its name now
  kDeleted,   ///< no file has
  kUnknown,   ///< it could not be looked at
  kOnDisk,    ///< it is not mapped at all
};

struct CodeFile {
  std::size_t root = 0;
  std::string path{};
  CodeState state = CodeState::kUnknown;
  std::string build_id{};          ///< of what is mapped; empty: none, or not to be read
  std::string current_build_id{};  ///< of the file that has the name now, where it is another
  std::string soname{};
  std::vector<EmbeddedLibrary> embedded{};
  std::vector<std::size_t> processes{};  ///< indices into RunningCode::processes
};

struct RunningCode {
  std::vector<RootFolder> roots{};  ///< the host's first
  std::vector<RunningProcess> processes{};
  std::vector<CodeFile> files{};  ///< by root and path
  std::size_t hidden = 0;         ///< processes that may not be looked at
  std::size_t left_out = 0;       ///< files beyond what is looked at: too many, or too large
};

struct RunningPlaces {
  std::filesystem::path proc = "/proc";
  std::filesystem::path root = "/";
  /// Processes to look at; empty: all.
  std::vector<std::int64_t> pids{};
};

/// `progress` may be null.
Result<RunningCode> read_running_code(const RunningPlaces& places, Progress* progress);

/// "current", …
std::string_view name_of(CodeState state);

/// The 22nd field of /proc/PID/stat: clock ticks from boot to the process's begin; -1 where it is not there.
/// The name in it, in brackets, may hold brackets and blanks.
std::int64_t start_ticks(std::string_view stat);

}  // namespace suture
