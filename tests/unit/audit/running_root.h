// SPDX-License-Identifier: Apache-2.0
//
// A root file system with a program in it that really runs, and a library that tests replace under it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/process.h"

namespace suture {

inline constexpr const char* kLibrary = R"(
const char version[] = "expat_" VERSION;
const char* XML_ExpatVersion(void) { return version; }
)";

// Says its number, and waits until nobody listens any more.
inline constexpr const char* kProgram = R"(
#include <stdio.h>
#include <unistd.h>
const char* XML_ExpatVersion(void);
int main(void) {
  char c;
  printf("%d %s\n", getpid(), XML_ExpatVersion());
  fflush(stdout);
  return read(0, &c, 1) < 0;
}
)";

/// A process that goes away with its owner.
class Running {
 public:
  Running(const std::vector<std::string>& argv) {
    int in[2];
    int out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      std::vector<char*> words;
      for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      execvp(words[0], words.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    // What it says comes once it runs: there is nothing to wait for but that.
    char c = 0;
    while (read(out[0], &c, 1) == 1 && c != '\n') said_ += c;
    close(out[0]);
    pid_ = said_.empty() ? 0 : std::stoll(said_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    close(in_);
    waitpid(child_, nullptr, 0);
  }
  std::int64_t pid() const { return pid_; }
  const std::string& said() const { return said_; }

 private:
  pid_t child_ = -1;
  int in_ = -1;
  std::string said_;
  std::int64_t pid_ = 0;
};

class RunningRoot : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(*std::move(folder));
    for (const char* folder_name : {"usr/lib", "usr/bin", "proc", "dev", "opt", "lib64", "var/log"})
      std::filesystem::create_directories(path(folder_name));
    build("2.4.1", path("usr/lib/libexpat.so.1"));
    ASSERT_TRUE(write_file(path("main.c"), std::string_view(kProgram)));
    const auto made = run({.argv = {"gcc", path("main.c"), "-o", path("usr/bin/reader"),
                                    path("usr/lib/libexpat.so.1"), "-Wl,-rpath,/usr/lib"}});
    ASSERT_TRUE(made && made->status == 0) << made->err;
    // What any program needs here.
    const auto libc = run({.argv = {"gcc", "-print-file-name=libc.so.6"}});
    ASSERT_TRUE(libc.has_value());
    std::filesystem::copy_file(libc->out.substr(0, libc->out.find('\n')), path("usr/lib/libc.so.6"));
    std::filesystem::copy_file("/lib64/ld-linux-x86-64.so.2", path("lib64/ld-linux-x86-64.so.2"));
  }

  std::string path(const std::string& name) const { return (folder_->path() / name).string(); }

  void build(const std::string& version, const std::string& to) {
    ASSERT_TRUE(write_file(path("library.c"), std::string_view(kLibrary)));
    const auto made = run(
        {.argv = {"gcc", "-shared", "-fPIC", "-O1", "-DVERSION=\"" + version + "\"", "-Wl,--build-id=sha1",
                  "-Wl,-soname,libexpat.so.1", path("library.c"), "-o", to + ".new"}});
    ASSERT_TRUE(made && made->status == 0) << made->err;
    // As dpkg does it.
    std::filesystem::rename(to + ".new", to);
  }

  /// In the folder as its root, or nothing where that is not to be had.
  std::unique_ptr<Running> start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv = {"bwrap", "--bind", folder_->path().string(), "/", "--proc", "/proc",
                                     "--dev", "/dev"};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.emplace_back("/usr/bin/reader");
    auto running = std::make_unique<Running>(argv);
    return running->pid() == 0 ? nullptr : std::move(running);
  }

  Result<Audit> look(const Running& running, const std::string& root) {
    AuditRequest request{.places = {.root = root, .pids = {running.pid()}}};
    request.advisories = [this](const std::string& name) -> Result<std::vector<Advisory>> {
      std::vector<Advisory> result;
      for (const Advisory& one : advisories_) {
        const bool named = std::ranges::any_of(one.voices, [&](const SourcedVoice& voice) {
          return std::ranges::any_of(voice.voice.products,
                                     [&](const auto& product) { return product.name == name; });
        });
        if (named) result.push_back(one);
      }
      return result;
    };
    return audit(request, nullptr);
  }

  void advise(const std::string& cve, const std::string& fixed,
              const std::string& ecosystem = "Debian:bookworm", VersionOrder order = VersionOrder::kDebian) {
    Voice voice = {.cve = cve, .record = cve};
    voice.products = {
        {.ecosystem = ecosystem, .name = "expat", .ranges = {{.order = order, .fixed = fixed}}}};
    advisories_.push_back({.cve = cve, .voices = {{.source = "tracker", .voice = voice}}});
  }

  std::optional<TempDir> folder_;
  std::vector<Advisory> advisories_;
};

inline const AuditedFile* file_called(const Audit& audit, const std::string& path) {
  const auto found =
      std::ranges::find_if(audit.files, [&](const AuditedFile& one) { return one.file.path == path; });
  return found == audit.files.end() ? nullptr : &*found;
}

#define START_OR_SKIP(running, ...)        \
  const auto running = start(__VA_ARGS__); \
  if (running == nullptr) GTEST_SKIP() << "bubblewrap cannot make a root here"

}  // namespace suture
