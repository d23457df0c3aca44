// SPDX-License-Identifier: Apache-2.0
#include "qualify/matrix.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/file.h"

namespace suture {
namespace {

namespace fs = std::filesystem;

MatrixEntry qualify_one(const MatrixRequest& request, const fs::path& patchset, unsigned machines,
                        const TargetStore& store, const Ed25519Private& key, Progress& progress) {
  QualifyRequest one = request.each;
  one.patchset = patchset;
  one.machines = machines;
  MatrixEntry entry{.patchset = patchset, .kept = false, .result = {}, .error = {}};
  if (!request.again) entry.result = kept_qualification(one, key.public_key());
  entry.kept = entry.result.has_value();
  if (entry.kept) return entry;
  Result<QualifyResult> result = qualify_patchset(one, store, progress);
  const Result<void> written = result ? write_qualification(*result, key, patchset) : Result<void>{};
  if (result && written) {
    entry.result = std::move(*result);
  } else {
    entry.error = result ? written.error() : result.error();
  }
  return entry;
}

}  // namespace

unsigned machines_that_fit() {
  constexpr std::uintmax_t kMemory = 1u << 30;
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  const auto pages = static_cast<std::uintmax_t>(std::max(0L, ::sysconf(_SC_AVPHYS_PAGES)));
  const auto page = static_cast<std::uintmax_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
  return static_cast<unsigned>(std::clamp<std::uintmax_t>(pages * page / kMemory, 1, processors));
}

Result<std::vector<fs::path>> patchsets_in_folder(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  if (fs::exists(folder / kManifestName, error)) return std::vector{folder};
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (fs::exists(entry->path() / kManifestName, ignored)) found.push_back(entry->path());
  }
  std::ranges::sort(found);
  if (!found.empty()) return found;
  return fail("qualify.no-patchset", "look for patchsets in " + folder.string(),
              error ? error.message() : "neither it nor a folder in it has a patchset.json");
}

std::vector<MatrixEntry> qualify_all(const MatrixRequest& request, const TargetStore& store,
                                     const Ed25519Private& key, Progress& progress) {
  const std::size_t count = request.patchsets.size();
  std::vector<MatrixEntry> entries(count);
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex report;
  const unsigned machines = request.machines == 0 ? machines_that_fit() : request.machines;
  const auto at_once = static_cast<unsigned>(std::min<std::size_t>(count, machines));
  std::vector<std::jthread> workers;
  for (unsigned i = 0; i < at_once; ++i) {
    workers.emplace_back([&] {
      for (std::size_t at = next++; at < count; at = next++) {
        Progress part(progress, request.patchsets[at].filename().string());
        entries[at] = qualify_one(request, request.patchsets[at], machines / at_once, store, key, part);
        const std::scoped_lock lock(report);
        progress.step("patchsets", ++done, count);
      }
    });
  }
  workers.clear();
  return entries;
}

}  // namespace suture
