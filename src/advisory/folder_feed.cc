// SPDX-License-Identifier: Apache-2.0
//
// A folder, and a single file. Of each file a fingerprint is kept of what stat() tells; only files whose
// fingerprint differs are read again.
//
// The times of files come from a clock that goes in steps (4 to 10 ms, on some file systems 2 s): one that
// was written twice within a step looks the same after both. So a file that changed just now gets no
// fingerprint, and is read once more the next time (git's index has the same problem, and this remedy).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "advisory/feed.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDocuments = 5'000'000;
constexpr int kDeepest = 32;
constexpr std::int64_t kStep = 2;  // seconds

/// Empty when the file changed so lately that it may change once more without a trace.
std::string fingerprint(const struct stat& status, std::int64_t now) {
  const auto latest = std::max(status.st_mtim.tv_sec, status.st_ctim.tv_sec);
  if (latest > now - kStep) return {};
  std::string text;
  for (const std::int64_t part : {std::int64_t{status.st_size}, std::int64_t{status.st_mtim.tv_sec},
                                  std::int64_t{status.st_mtim.tv_nsec}, std::int64_t{status.st_ctim.tv_sec},
                                  std::int64_t{status.st_ctim.tv_nsec}}) {
    if (!text.empty()) text += ' ';
    text += std::to_string(part);
  }
  return text;
}

/// What is known and was not seen.
std::vector<std::string> not_among(const std::vector<std::string>& seen, const KnownDocuments& known) {
  std::unordered_map<std::string_view, bool> names;
  names.reserve(seen.size());
  for (const std::string& name : seen) names.emplace(name, true);
  std::vector<std::string> gone;
  for (const auto& [name, unused] : known) {
    if (!names.contains(name)) gone.push_back(name);
  }
  std::ranges::sort(gone);
  return gone;
}

/// Goes through a folder with the descriptor of each level, which is a third faster than by whole paths.
class Walk {
 public:
  Walk(FeedFormat format, std::int64_t now, const KnownDocuments& known, FeedLook& look)
      : format_(format), known_(known), look_(look), now_(now) {}

  Result<void> folder(const fs::path& path, const std::string& prefix, int depth) {
    if (depth > kDeepest) {
      return fail("watch.source-unreadable", "look through " + path.string(), "its folders are too deep");
    }
    std::error_code error;
    std::vector<std::string> folders;
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno("watch.source-unreadable", "look through " + path.string());
    const auto done = files(path, fd, prefix, folders);
    close(fd);
    TRY(done);
    std::ranges::sort(folders);
    for (const std::string& name : folders) TRY(folder(path / name, prefix + name + "/", depth + 1));
    return {};
  }

  std::vector<std::string>& seen() { return seen_; }

 private:
  Result<void> files(const fs::path& path, int fd, const std::string& prefix,
                     std::vector<std::string>& folders) {
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      // What is half written, and what belongs to tools.
      if (name.starts_with('.')) continue;
      std::error_code unused;
      if (entry->is_directory(unused) && !entry->is_symlink(unused)) {
        folders.push_back(name);
        continue;
      }
      const std::string whole = prefix + name;
      if (!is_document(format_, whole)) continue;
      struct stat status {};
      if (fstatat(fd, name.c_str(), &status, 0) != 0 || !S_ISREG(status.st_mode)) continue;
      TRY(add(whole, fingerprint(status, now_)));
    }
    if (error) {
      return fail("watch.source-unreadable", "look through " + path.string(), error.message());
    }
    return {};
  }

  Result<void> add(const std::string& name, std::string print) {
    if (seen_.size() >= kMostDocuments) {
      return fail("watch.source-unreadable", "look through a folder", "it has more than 5,000,000 documents");
    }
    const auto found = known_.find(name);
    if (found == known_.end() || print.empty() || found->second != print) {
      look_.changed.push_back({name, std::move(print)});
    }
    seen_.push_back(name);
    return {};
  }

  FeedFormat format_;
  const KnownDocuments& known_;
  FeedLook& look_;
  std::int64_t now_;
  std::vector<std::string> seen_;
};

class FolderFeed : public Feed {
 public:
  FolderFeed(const WatchSource& source, Time now)
      : folder_(fs::path(source.location) / source.below),
        format_(source.format),
        now_(now.time_since_epoch().count()) {}

  Result<FeedLook> look(const std::string&, const KnownDocuments& known) override {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      return fail("watch.source-absent", "look through " + folder_.string(), "there is no such folder");
    }
    FeedLook look;
    Walk walk(format_, now_, known, look);
    TRY(walk.folder(folder_, "", 0));
    look.documents = walk.seen().size();
    look.gone = not_among(walk.seen(), known);
    std::ranges::sort(look.changed, {}, &FeedDocument::name);
    return look;
  }

  Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) override {
    for (const FeedDocument& document : documents) {
      TRY(sink(document, read_file(folder_ / document.name, kLargestDocument)));
    }
    return {};
  }

 private:
  fs::path folder_;
  FeedFormat format_;
  std::int64_t now_;
};

class FileFeed : public Feed {
 public:
  FileFeed(const WatchSource& source, Time now)
      : file_(source.location), now_(now.time_since_epoch().count()) {}

  Result<FeedLook> look(const std::string&, const KnownDocuments& known) override {
    struct stat status {};
    if (stat(file_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return fail("watch.source-absent", "look at " + file_.string(), "there is no such file");
    }
    FeedLook look{.documents = 1};
    const FeedDocument document{file_.filename().string(), fingerprint(status, now_)};
    const auto found = known.find(document.name);
    if (found == known.end() || document.fingerprint.empty() || found->second != document.fingerprint) {
      look.changed.push_back(document);
    }
    look.gone = not_among({document.name}, known);
    return look;
  }

  Result<void> read(std::span<const FeedDocument> documents, const DocumentSink& sink) override {
    for (const FeedDocument& document : documents) {
      TRY(sink(document, read_file(file_, kLargestDocument)));
    }
    return {};
  }

 private:
  fs::path file_;
  std::int64_t now_;
};

}  // namespace

std::unique_ptr<Feed> folder_feed(const WatchSource& source, Time now) {
  return std::make_unique<FolderFeed>(source, now);
}

std::unique_ptr<Feed> file_feed(const WatchSource& source, Time now) {
  return std::make_unique<FileFeed>(source, now);
}

}  // namespace suture
