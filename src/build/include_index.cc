// SPDX-License-Identifier: Apache-2.0
#include "build/include_index.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "target/store.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// Counts up with each change of what is written, or of what the graph leaves out.
constexpr std::string_view kFirstWords = "suture-includes 2";
constexpr std::size_t kLargest = 256u << 20;

// Below the first line, each file has a line, and below it each of its includes. The first byte tells which.
constexpr char kFile = 'F';
constexpr char kQuoted = 'q';
constexpr char kAngled = 'a';

std::string first_line(std::string_view stamp, std::string_view body) {
  return fmt::format("{} {} {}\n", kFirstWords, stamp, sha256_hex(as_bytes(body)));
}

bool one_line(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos;
}

/// Sources in the store are never written to: one that took another's place is another folder, made at
/// another time.
Result<std::string> stamp_of(const fs::path& source) {
  struct stat status {};
  if (::stat(source.c_str(), &status) != 0)
    return fail_errno("file.unreadable", "look at " + source.string());
  return fmt::format("{}.{:09}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

std::string include_index_text(const IncludeGraph& graph, std::string_view stamp) {
  std::string body;
  for (const auto& [file, includes] : graph.files()) {
    if (!one_line(file)) continue;
    body += kFile + file + '\n';
    for (const Include& include : includes) {
      if (one_line(include.name)) body += (include.quoted ? kQuoted : kAngled) + include.name + '\n';
    }
  }
  return first_line(stamp, body) + body;
}

std::optional<IncludeGraph> read_include_index(std::string_view bytes, std::string_view stamp) {
  const std::size_t head = bytes.find('\n');
  if (head == std::string_view::npos) return std::nullopt;
  std::string_view body = bytes.substr(head + 1);
  if (bytes.substr(0, head + 1) != first_line(stamp, body)) return std::nullopt;
  IncludeGraph graph;
  std::string file;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos || end < 2) return std::nullopt;
    const char kind = body[0];
    std::string name(body.substr(1, end - 1));
    body.remove_prefix(end + 1);
    if (kind == kFile) {
      file = std::move(name);
      graph.add(file);
    } else if (!file.empty() && (kind == kQuoted || kind == kAngled)) {
      graph.add(file, {.name = std::move(name), .quoted = kind == kQuoted});
    } else {
      return std::nullopt;
    }
  }
  return graph;
}

Result<IncludeGraph> indexed_includes(const fs::path& source) {
  const fs::path index = include_index_of(source);
  const std::string stamp = TRY(stamp_of(source));
  if (const auto bytes = read_text_file(index, kLargest)) {
    if (auto graph = read_include_index(*bytes, stamp)) return std::move(*graph);
  }
  IncludeGraph graph = TRY(IncludeGraph::read(source));
  const auto not_kept = write_file(index, include_index_text(graph, stamp));
  static_cast<void>(not_kept);
  return graph;
}

}  // namespace suture
