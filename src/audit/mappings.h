// SPDX-License-Identifier: Apache-2.0
//
// The files that a process runs code from, as /proc/PID/maps shows them (proc_pid_maps(5)). The names are
// the process's owner's: they may hold anything, and may end in " (deleted)" by themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace suture {

struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  ///< in the file
  bool executable = false;
  std::uint64_t inode = 0;
  std::string path{};    ///< without the mark
  bool deleted = false;  ///< the name bears the mark
  bool operator==(const Mapping&) const = default;
};

/// What is mapped from files. Lines that are none, and what has no file (stacks, memory with a name only),
/// are left out.
std::vector<Mapping> parse_mappings(std::string_view maps);

/// A file of which something is executable, once, with the place in memory where its beginning is.
struct MappedCode {
  std::string path{};
  std::uint64_t inode = 0;
  bool deleted = false;
  std::uint64_t start = 0;  ///< of a mapping, as /proc/PID/map_files names it
  std::uint64_t end = 0;
  std::uint64_t head = 0;       ///< address of the file's first bytes; 0: not mapped
  std::uint64_t head_size = 0;  ///< bytes that are mapped there
};

/// At most `limit` of them; what is more is counted in `left_out`.
struct MappedCodes {
  std::vector<MappedCode> files{};
  std::size_t left_out = 0;
};
MappedCodes mapped_code(const std::vector<Mapping>& mappings, std::size_t limit = 4096);

}  // namespace suture
