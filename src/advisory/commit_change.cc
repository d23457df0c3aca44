// SPDX-License-Identifier: Apache-2.0
#include "advisory/commit_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/process.h"

namespace suture {
namespace {

constexpr std::size_t kCommitDigits = 40;
constexpr std::size_t kLargestDiff = 64u << 20;
constexpr std::size_t kLargestFile = 32u << 20;

class Repository {
 public:
  Repository(const std::filesystem::path& folder, std::string commit)
      : folder_(folder), commit_(std::move(commit)) {}

  Result<CodeChange> change() const {
    return read_code_change(TRY(diff()), "commit " + commit_.substr(0, 12),
                            {.before = side(commit_ + "^1"), .after = side(commit_)});
  }

  Result<std::string> diff() const {
    const std::string what = "read the commit " + commit_ + " in " + folder_.string();
    const Finished there = TRY(git({"cat-file", "-t", commit_}));
    if (there.status != 0 || there.out != "commit\n") {
      if (const Finished any = TRY(git({"rev-parse", "--git-dir"})); any.status != 0)
        return fail("advisory.no-repository", what, any.err, "give the folder of a git repository");
      return fail("advisory.commit-missing", what,
                  there.status == 0 ? "that is no commit" : "the repository does not have it",
                  "fetch the branch that it is on: git fetch");
    }
    const Finished parent = TRY(git({"rev-parse", "--verify", "--quiet", commit_ + "^1"}));
    // Nothing of the machine's configuration may change what is printed, or run programs.
    std::vector<std::string> print{"diff-tree",      "-p",
                                   "--root",         "--no-commit-id",
                                   "--no-renames",   "--no-color",
                                   "--no-ext-diff",  "--no-textconv",
                                   "--unified=3",    "--src-prefix=a/",
                                   "--dst-prefix=b/"};
    if (parent.status == 0) print.push_back(commit_ + "^1");
    print.push_back(commit_);
    Finished printed = TRY(git(std::move(print), kLargestDiff));
    if (printed.status != 0) return fail("process.failed", what, printed.err);
    return std::move(printed.out);
  }

 private:
  Result<Finished> git(std::vector<std::string> arguments, std::size_t limit = 1u << 20) const {
    Command command{
        .argv = {"git", "-C", folder_.string(), "-c", "core.quotePath=false", "-c", "core.fsmonitor=false"},
        .environment = {{"LC_ALL", "C"},
                        {"GIT_TERMINAL_PROMPT", "0"},
                        {"GIT_EXTERNAL_DIFF", ""},
                        {"GIT_DIFF_OPTS", ""}},
        .output_limit = limit};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return run(command);
  }

  FileText side(std::string revision) const {
    return [this, revision = std::move(revision)](const std::string& path) -> std::optional<std::string> {
      auto text = git({"cat-file", "blob", revision + ":" + path}, kLargestFile);
      if (!text || text->status != 0) return std::nullopt;
      return std::move(text->out);
    };
  }

  const std::filesystem::path& folder_;
  std::string commit_;
};

Result<void> check_commit_id(const std::filesystem::path& repository, const std::string& commit) {
  const bool is_id = commit.size() == kCommitDigits && std::ranges::all_of(commit, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
  if (!is_id) {
    return fail("advisory.commit-id", "read a commit in " + repository.string(),
                fmt::format("\"{}\" is not the whole id of one", commit.substr(0, 2 * kCommitDigits)),
                "give all of its 40 hexadecimal digits");
  }
  return {};
}

}  // namespace

Result<CodeChange> read_commit_change(const std::filesystem::path& repository, const std::string& commit) {
  TRY(check_commit_id(repository, commit));
  return Repository(repository, commit).change();
}

Result<std::string> read_commit_diff(const std::filesystem::path& repository, const std::string& commit) {
  TRY(check_commit_id(repository, commit));
  return Repository(repository, commit).diff();
}

}  // namespace suture
