// SPDX-License-Identifier: Apache-2.0
#include "server/wire/report_desk.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <iterator>

namespace suture::server {
namespace {

/// The first so many of a list, taken off it.
template <class T>
std::vector<T> take_front(std::vector<T>& list, std::size_t most) {
  if (list.size() <= most) return std::exchange(list, {});
  const auto end = list.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<T> front(std::make_move_iterator(list.begin()), std::make_move_iterator(end));
  list.erase(list.begin(), end);
  return front;
}

/// Out of memory, say: nobody waits for ever.
std::vector<Response> answers_of(const Api& api, std::span<Api::Report> reports) {
  try {
    return api.take_reports(reports);
  } catch (const std::exception& problem) {
    spdlog::error("reports could not be taken: {}", problem.what());
    Response failed = error_response(503, "store.unavailable", "the server cannot take reports now");
    failed.headers["Retry-After"] = "60";
    return std::vector<Response>(reports.size(), failed);
  }
}

}  // namespace

void ReportDesk::hand_in(Api::Report report, Done done, const Executor& executor) {
  const std::lock_guard lock(mutex_);
  reports_.push_back(std::move(report));
  done_.push_back(std::move(done));
  if (std::exchange(called_, true)) return;
  // By way of the sockets' queue: what they have ready comes along.
  boost::asio::post(executor, [this] { boost::asio::post(database_, [this] { work(); }); });
}

void ReportDesk::close() {
  const std::lock_guard lock(mutex_);
  reports_.clear();
  done_.clear();
}

void ReportDesk::work() {
  std::vector<Api::Report> reports;
  std::vector<Done> done;
  {
    const std::lock_guard lock(mutex_);
    reports = take_front(reports_, kMostAtOnce);
    done = take_front(done_, kMostAtOnce);
    called_ = !reports_.empty();
    if (called_) boost::asio::post(database_, [this] { work(); });
  }
  auto answers = answers_of(api_, reports);
  for (std::size_t i = 0; i < done.size(); ++i) done[i](std::move(answers[i]));
}

}  // namespace suture::server
