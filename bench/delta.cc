// SPDX-License-Identifier: Apache-2.0
//
// bench_delta SUTURE PEER ROUNDS PAIRS OUTPUT LIST: runs both on each pair by turns, for bench/delta.sh,
// which makes the list of pairs: name, original, patched, symbols for us, symbols for the peer, the peer's
// environment, by tabs.
//
// This program stays small: the kernel hands its own peak memory down to what it starts.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Pair {
  std::string name, original, patched, our_symbols, peer_symbols, environment;
};

/// The fastest of some runs.
struct Measure {
  int status = -1;
  double processor = INFINITY;  ///< seconds, user and system
  double wall = INFINITY;       ///< seconds
  long memory = 0;              ///< kB at the peak
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void run(std::vector<std::string> arguments, std::vector<std::string> environment, Measure& best) {
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  };
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int silence = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; ++fd) dup2(silence, fd);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    fmt::print(stderr, "bench_delta: cannot run {}\n", arguments[0]);
    std::exit(1);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  best.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  best.processor = std::min(best.processor, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  best.wall = std::min(best.wall, wall.count());
  best.memory = std::max(best.memory, usage.ru_maxrss);
}

struct Row {
  Pair pair;
  double size = 0;  ///< bytes of both objects
  Measure ours, peer;
};

/// Both have 0 for "written" and 3 for "nothing changed".
std::string outcome(int status) {
  return status == 0 ? "patched" : status == 3 ? "unchanged" : fmt::format("refused ({})", status);
}

double geometric_mean(const std::vector<Row>& rows, auto value) {
  double sum = 0;
  for (const Row& row : rows) sum += std::log(value(row));
  return std::exp(sum / static_cast<double>(rows.size()));
}

struct Line {
  double constant = 0, slope = 0, share = 0;  ///< of the variance that the line explains
};

Line least_squares(const std::vector<Row>& rows, auto x, auto y) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
  for (const Row& row : rows) {
    const double a = x(row);
    const double b = y(row);
    n += 1, sx += a, sy += b, sxx += a * a, sxy += a * b, syy += b * b;
  }
  const double vx = n * sxx - sx * sx;
  const double vy = n * syy - sy * sy;
  const double c = n * sxy - sx * sy;
  return {.constant = (sy - c / vx * sx) / n, .slope = c / vx, .share = c * c / (vx * vy)};
}

void summarize(const std::vector<Row>& rows) {
  const double n = static_cast<double>(rows.size());
  const auto ours = [](const Row& row) { return row.ours.processor; };
  const auto peers = [](const Row& row) { return row.peer.processor; };
  long most_memory = -1'000'000;
  double memory = 0;
  std::size_t refused = 0, peer_refused = 0;
  for (const Row& row : rows) {
    most_memory = std::max(most_memory, row.ours.memory - row.peer.memory);
    memory += static_cast<double>(row.ours.memory - row.peer.memory) / n;
    refused += outcome(row.ours.status).starts_with("refused") ? 1 : 0;
    peer_refused += outcome(row.peer.status).starts_with("refused") ? 1 : 0;
  }
  fmt::print("pairs                                {:8}\n", rows.size());
  fmt::print("refused by us / by the peer          {:8} / {} ({:.1f} % / {:.1f} %)\n", refused, peer_refused,
             100 * static_cast<double>(refused) / n, 100 * static_cast<double>(peer_refused) / n);
  fmt::print("processor time, geometric mean       {:8.2f} ms / {:.2f} ms\n",
             geometric_mean(rows, ours) * 1e3, geometric_mean(rows, peers) * 1e3);
  fmt::print("  ours / peer's                      {:8.3f}   (to reach: 0.5)\n",
             geometric_mean(rows, [&](const Row& row) { return ours(row) / peers(row); }));
  fmt::print("wall time, ours / peer's             {:8.3f}\n",
             geometric_mean(rows, [](const Row& row) { return row.ours.wall / row.peer.wall; }));
  fmt::print(
      "peak memory, ours - peer's           {:+8.1f} MB on average, {:+.1f} MB at most   (to reach: 8)\n",
      memory / 1024, static_cast<double>(most_memory) / 1024);

  const auto size = [](const Row& row) { return row.size; };
  for (const bool us : {true, false}) {
    const auto time = [&](const Row& row) { return us ? ours(row) : peers(row); };
    const Line line = least_squares(rows, size, time);
    // Starting a program takes as long for small objects as for large ones, which hides how the rest grows.
    const double start = 0.95 * time(std::ranges::min(rows, {}, time));
    const Line power = least_squares(
        rows, [&](const Row& row) { return std::log(size(row)); },
        [&](const Row& row) { return std::log(time(row) - start); });
    fmt::print(
        "{}: {:.2f} ms + {:.2f} ms a MB explains {:.0f} %; time beyond the start grows with the {:.2f}th "
        "power of "
        "the size\n",
        us ? "ours  " : "peer's", line.constant * 1e3, line.slope * 1e9, line.share * 100, power.slope);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    fmt::print(stderr, "usage: bench_delta SUTURE PEER ROUNDS PAIRS OUTPUT LIST\n");
    return 2;
  }
  const std::string output = argv[5];
  std::vector<Row> rows;
  std::ifstream list(argv[4]);
  for (std::string line; std::getline(list, line);) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() != 6) continue;
    Row row{
        .pair = {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}, .ours = {}, .peer = {}};
    for (const std::string& path : {row.pair.original, row.pair.patched}) {
      struct stat info {};
      if (stat(path.c_str(), &info) == 0) row.size += static_cast<double>(info.st_size);
    }
    rows.push_back(row);
  }
  const int rounds = std::max(1, std::atoi(argv[3]));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& [pair, size, ours, peer] = rows[i];
    if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K{}/{} {}", i + 1, rows.size(), pair.name);
    for (int round = 0; round < rounds; ++round) {
      run({argv[1], "delta", pair.original, pair.patched, "-o", output, "--symbols", pair.our_symbols}, {},
          ours);
      run({argv[2], pair.original, pair.patched, "vmlinux", pair.peer_symbols, "/dev/null", "bench", output},
          split(pair.environment, ' '), peer);
    }
  }
  if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
  if (rows.empty()) {
    fmt::print(stderr, "bench_delta: no pairs\n");
    return 1;
  }
  std::ofstream table(argv[6]);
  for (const Row& row : rows) {
    table << fmt::format("{}\t{:.0f}\t{}\t{}\t{:.6f}\t{:.6f}\t{:.6f}\t{:.6f}\t{}\t{}\n", row.pair.name,
                         row.size, outcome(row.ours.status), outcome(row.peer.status), row.ours.processor,
                         row.peer.processor, row.ours.wall, row.peer.wall, row.ours.memory, row.peer.memory);
  }
  summarize(rows);
}
