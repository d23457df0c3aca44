// SPDX-License-Identifier: Apache-2.0
//
// bench_repository make: a repository as large as a big distributor's, at once instead of in years; small
// files stand for modules, since nobody reads them but the one host.
// bench_repository host: what it costs a host to look at it for the first time, and again.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>

#include "base/hash.h"
#include "fetch/http_fetcher.h"
#include "patchset/patchset.h"
#include "repository/client.h"
#include "repository/owned.h"
#include "repository/publisher.h"

namespace suture {
namespace {

const Stream kStream{"stable", "debian"};

std::string build_id(unsigned kernel) {
  return sha256_hex(as_bytes(std::to_string(kernel))).substr(0, 40);
}

AvailablePatchset made_up(unsigned kernel, std::uint32_t level, const std::string& time) {
  AvailablePatchset patchset{.stream = kStream,
                             .build_id = build_id(kernel),
                             .release = fmt::format("6.1.0-{}-amd64", kernel),
                             .level = level,
                             .published = time};
  for (unsigned cve = 0; cve < 3 * level; cve++)
    patchset.cves.push_back(fmt::format("CVE-2026-{}", 50000 + cve));
  const auto file = [&](const std::string& name, std::uint64_t length) {
    return RemoteFile{name, sha256_hex(as_bytes(name + patchset.build_id)), length};
  };
  patchset.manifest = file("patchset.json", 9000);
  patchset.module = file(fmt::format("suture_{}.ko", level), 300'000);
  patchset.statement = file("qualification.json", 20'000);
  return patchset;
}

Result<void> make(const std::filesystem::path& folder, unsigned kernels, std::uint32_t levels,
                  unsigned bins) {
  const PublisherContext context{
      .repository = folder / "repository", .keys = folder / "keys", .now = TRY(publishing_time())};
  TRY(init_repository(context, {.channels = {kStream.channel}, .bins = bins}));
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  for (unsigned kernel = 0; kernel < kernels; kernel++) {
    Catalog catalog{.stream = kStream, .build_id = build_id(kernel)};
    for (std::uint32_t level = 1; level <= levels; level++) {
      AvailablePatchset patchset = made_up(kernel, level, time_text(context.now));
      patchset.log_index = owned.add_log_entry(publication_entry(patchset));
      catalog.release = patchset.release;
      catalog.levels.push_back(std::move(patchset));
    }
    TRY(owned.put_catalog(catalog));
  }
  TRY(owned.commit());
  return {};
}

double processor_seconds() {
  struct rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

Result<void> host(const std::string& url, const std::filesystem::path& root, const std::string& id) {
  HttpFetcher fetcher = TRY(HttpFetcher::open(url));
  const TempDir state = TRY(TempDir::make("suture-bench"));
  const auto look = [&](const char* what) -> Result<void> {
    const auto before = fetcher.traffic();
    const auto start = std::chrono::steady_clock::now();
    const double used = processor_seconds();
    RepositoryClient client = TRY(RepositoryClient::open(state.path(), fetcher, root));
    TRY(client.refresh(TRY(publishing_time())));
    const Catalog catalog = TRY(client.catalog(kStream, id));
    if (catalog.newest() == nullptr) return fail("bench.nothing", "find a patchset", "there is none");
    if (std::string_view(what) == "first") TRY(client.check_logged(*catalog.newest()));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    fmt::print("{:<8} {:>4} requests {:>8} bytes {:>8.1f} ms {:>8.1f} ms of processor\n", what,
               fetcher.traffic().requests - before.requests, fetcher.traffic().bytes - before.bytes,
               took.count(), 1000 * (processor_seconds() - used));
    return {};
  };
  TRY(look("first"));
  for (int i = 0; i < 3; i++) TRY(look("again"));
  return {};
}

Result<void> run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t at) { return static_cast<unsigned>(std::atoi(words.at(at).c_str())); };
  if (words.size() == 5 && words[0] == "make") return make(words[1], number(2), number(3), number(4));
  if (words.size() == 4 && words[0] == "host") return host(words[1], words[2], words[3]);
  if (words.size() == 2 && words[0] == "build-id") {
    fmt::print("{}\n", build_id(number(1)));
    return {};
  }
  return fail("bench.usage", "bench_repository",
              "make FOLDER KERNELS LEVELS BINS | host URL ROOT BUILD-ID | build-id KERNEL");
}

}  // namespace
}  // namespace suture

int main(int argc, char** argv) {
  const auto done = suture::run({argv + 1, argv + argc});
  if (!done) fmt::print(stderr, "{}\n", done.error().message());
  return done ? 0 : 1;
}
