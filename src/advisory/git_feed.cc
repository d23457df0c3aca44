// SPDX-License-Identifier: Apache-2.0
//
// The documents of a branch. Git itself tells what has changed: the difference of the commit that was read
// last and the branch's present one, as names and ids of blobs. An id is a document's fingerprint.
//
// A repository elsewhere is copied (bare) below the state folder, and fetched from then on.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "advisory/feed.h"
#include "base/hash.h"
#include "base/process.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

/// Bytes of documents that are in memory at one time: what one call of git reads.
constexpr std::size_t kPortion = 16u << 20;
constexpr std::size_t kPortionDocuments = 2000;

bool is_object_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Takes the text up to `end` off its front; nothing when there is none.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return part;
}

class GitFeed : public Feed {
 public:
  GitFeed(const WatchConfig& config, const WatchSource& source) : source_(source) {
    elsewhere_ = !source.location.starts_with('/');
    folder_ = elsewhere_ ? config.copies() / source.name : fs::path(source.location);
    proxy_ = config.http.proxy;
    ca_ = config.http.ca;
  }

  Result<FeedLook> look(const std::string& cursor, const KnownDocuments& known) override {
    if (elsewhere_) TRY(fetch());
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      return fail("watch.source-absent", "look at " + folder_.string(), "there is no such folder");
    }
    const std::string commit = TRY(present_commit());
    FeedLook look{.cursor = commit};
    if (!known.empty() && is_object_id(cursor) && TRY(has_commit(cursor))) {
      TRY(since(cursor, commit, known, look));
    } else {
      TRY(all(commit, known, look));
    }
    std::ranges::sort(look.changed, {}, &FeedDocument::name);
    std::ranges::sort(look.gone);
    return look;
  }

  Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) override {
    while (!documents.empty()) {
      const auto some = documents.first(std::min(documents.size(), kPortionDocuments));
      documents = documents.subspan(some.size());
      TRY(read_some(some, sink));
    }
    return {};
  }

 private:
  Command git(std::vector<std::string> arguments) const {
    Command command{.argv = {"git", "--git-dir", git_folder().string()},
                    .environment = {{"GIT_TERMINAL_PROMPT", "0"},
                                    {"GIT_OPTIONAL_LOCKS", "0"},
                                    {"GIT_NO_REPLACE_OBJECTS", "1"},
                                    // What a repository of others could make git run.
                                    {"GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file"},
                                    {"LC_ALL", "C"}},
                    .timeout = std::chrono::hours(2),
                    .output_limit = 1u << 30};
    if (!proxy_.empty()) command.environment["http_proxy"] = command.environment["https_proxy"] = proxy_;
    if (!ca_.empty()) command.environment["GIT_SSL_CAINFO"] = ca_;
    for (std::string& argument : arguments) command.argv.push_back(std::move(argument));
    return command;
  }

  /// A checkout has its repository in a folder, or in a file that names one (worktrees).
  fs::path git_folder() const {
    const fs::path inside = folder_ / ".git";
    std::error_code error;
    return fs::exists(inside, error) ? inside : folder_;
  }

  Result<std::string> run_git(std::vector<std::string> arguments) const {
    auto finished = run_ok(git(std::move(arguments)));
    if (finished) return std::move(finished->out);
    Error error = std::move(finished).error();
    error.code = "watch.git";
    return std::unexpected(std::move(error).in("read the source " + source_.name));
  }

  Result<void> fetch() const {
    std::error_code error;
    if (!fs::exists(folder_ / "HEAD", error)) {
      TRY(make_directories(folder_.parent_path()));
      TRY(run_git({"init", "--quiet", "--bare"}));
    }
    const std::string branch = source_.branch.empty() ? "HEAD" : "refs/heads/" + source_.branch;
    TRY(run_git({"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--",
                 source_.location, "+" + branch + ":refs/suture/watched"}));
    return {};
  }

  Result<std::string> present_commit() const {
    std::string name = "HEAD";
    if (elsewhere_) {
      name = "refs/suture/watched";
    } else if (!source_.branch.empty()) {
      name = source_.branch;
    }
    std::string id =
        TRY(run_git({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"}));
    while (id.ends_with('\n')) id.pop_back();
    if (!is_object_id(id)) return malformed("rev-parse");
    return id;
  }

  Result<bool> has_commit(const std::string& commit) const {
    return TRY(run(git({"cat-file", "-e", commit + "^{commit}"}))).status == 0;
  }

  std::vector<std::string> limited(std::vector<std::string> arguments) const {
    arguments.emplace_back("--");
    if (!source_.below.empty()) arguments.push_back(":(literal)" + source_.below);
    return arguments;
  }

  bool is_wanted(std::string_view mode, std::string_view path) const {
    return mode.starts_with("100") && is_document(source_.format, path);
  }

  static void add(const KnownDocuments& known, FeedLook& look, std::string_view path, std::string_view id) {
    const auto found = known.find(std::string(path));
    if (found != known.end() && found->second == id) return;
    look.changed.push_back({std::string(path), std::string(id)});
  }

  /// MODE TYPE ID TAB PATH NUL, as `git ls-tree` has it.
  Result<void> all(const std::string& commit, const KnownDocuments& known, FeedLook& look) const {
    auto names = limited({"ls-tree", "-r", "-z", "--full-tree", commit});
    // ls-tree takes paths as they are.
    if (!source_.below.empty()) names.back() = source_.below;
    const std::string text = TRY(run_git(std::move(names)));
    std::unordered_map<std::string_view, bool> seen;
    for (std::string_view rest = text; !rest.empty();) {
      const auto mode = take(rest, ' ');
      const auto type = take(rest, ' ');
      const auto id = take(rest, '\t');
      const auto path = take(rest, '\0');
      if (!mode || !type || !id || !path || !is_object_id(*id)) return malformed("ls-tree");
      if (!is_wanted(*mode, *path)) continue;
      seen.emplace(*path, true);
      add(known, look, *path, *id);
    }
    look.documents = seen.size();
    for (const auto& [name, unused] : known) {
      if (!seen.contains(name)) look.gone.push_back(name);
    }
    return {};
  }

  /// :MODE MODE ID ID STATUS NUL PATH NUL, as `git diff-tree` has it.
  Result<void> since(const std::string& before, const std::string& commit, const KnownDocuments& known,
                     FeedLook& look) const {
    look.documents = known.size();
    const std::string text =
        TRY(run_git(limited({"diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", before, commit})));
    for (std::string_view rest = text; !rest.empty();) {
      const auto old_mode = take(rest, ' ');
      const auto mode = take(rest, ' ');
      const auto old_id = take(rest, ' ');
      const auto id = take(rest, ' ');
      const auto status = take(rest, '\0');
      const auto path = take(rest, '\0');
      if (!old_mode || !mode || !old_id || !id || !status || !path || !is_object_id(*id)) {
        return malformed("diff-tree");
      }
      const bool is_known = known.contains(std::string(*path));
      if (is_wanted(*mode, *path)) {
        if (!is_known) look.documents++;
        add(known, look, *path, *id);
      } else if (is_known) {
        look.documents--;
        look.gone.emplace_back(*path);
      }
    }
    return {};
  }

  /// Sizes first, so that no call brings more than fits.
  Result<void> read_some(std::span<const FeedDocument> documents, const DocumentSink& sink) const {
    std::string ids;
    for (const FeedDocument& document : documents) ids += document.fingerprint + "\n";
    const std::string text = TRY(batch("--batch-check=%(objectsize)", ids));
    std::vector<std::size_t> sizes;
    for (std::string_view rest = text; !rest.empty();) {
      const auto line = take(rest, '\n');
      std::size_t size = 0;
      if (!line) return malformed("cat-file");
      const auto [end, problem] = std::from_chars(line->data(), line->data() + line->size(), size);
      if (problem != std::errc() || end != line->data() + line->size()) return malformed("cat-file");
      sizes.push_back(size);
    }
    if (sizes.size() != documents.size()) return malformed("cat-file");
    for (std::size_t begin = 0; begin < documents.size();) {
      if (sizes[begin] > kLargestDocument) {
        TRY(sink(documents[begin], fail("file.too-large", "read " + documents[begin].name,
                                        "it has " + std::to_string(sizes[begin]) + " bytes")));
        begin++;
        continue;
      }
      std::size_t end = begin;
      for (std::size_t bytes = 0; end < documents.size() && sizes[end] <= kLargestDocument; end++) {
        bytes += sizes[end];
        if (bytes > kPortion && end > begin) break;
      }
      TRY(read_portion(documents.subspan(begin, end - begin), sink));
      begin = end;
    }
    return {};
  }

  /// ID blob SIZE LF BYTES LF, as `git cat-file --batch` has it.
  Result<void> read_portion(std::span<const FeedDocument> documents, const DocumentSink& sink) const {
    std::string ids;
    for (const FeedDocument& document : documents) ids += document.fingerprint + "\n";
    const std::string text = TRY(batch("--batch=%(objectsize)", ids));
    std::string_view rest = text;
    for (const FeedDocument& document : documents) {
      const auto line = take(rest, '\n');
      std::size_t size = 0;
      if (!line || std::from_chars(line->data(), line->data() + line->size(), size).ec != std::errc() ||
          rest.size() <= size) {
        return malformed("cat-file");
      }
      const ByteView bytes = as_bytes(rest.substr(0, size));
      TRY(sink(document, Bytes(bytes.begin(), bytes.end())));
      rest.remove_prefix(size + 1);
    }
    return {};
  }

  Result<std::string> batch(const char* format, const std::string& ids) const {
    Command command = git({"cat-file", format});
    command.input = ids;
    auto finished = run_ok(command);
    if (finished) return std::move(finished->out);
    Error error = std::move(finished).error();
    error.code = "watch.git";
    return std::unexpected(std::move(error));
  }

  std::unexpected<Error> malformed(const std::string& command) const {
    return fail("watch.git", "read the source " + source_.name,
                "git " + command + " prints something else than it should");
  }

  WatchSource source_;
  bool elsewhere_ = false;
  fs::path folder_;
  std::string proxy_;
  std::string ca_;
};

}  // namespace

std::unique_ptr<Feed> git_feed(const WatchConfig& config, const WatchSource& source) {
  return std::make_unique<GitFeed>(config, source);
}

}  // namespace suture
