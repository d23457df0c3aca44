// SPDX-License-Identifier: Apache-2.0
//
// Slows down those who guess: so many wrong tokens at once from an address, then so many a minute. The
// memory is bounded, whatever addresses come: the one that was wrong longest ago is forgotten first.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace suture::server {

class Throttle {
 public:
  using Time = std::chrono::system_clock::time_point;
  struct Limits {
    unsigned burst = 20;             ///< wrong ones that are answered at once
    std::chrono::seconds refill{3};  ///< until another one is
    std::size_t addresses = 4096;    ///< remembered at a time
  };

  Throttle() : Throttle(Limits{}) {}
  explicit Throttle(Limits limits) : limits_(limits) {}

  /// Whether this address has been wrong too often.
  bool holds_back(std::string_view address, Time now);
  /// True for the one that makes it too many.
  bool wrong(std::string_view address, Time now);
  std::size_t addresses() const;

 private:
  struct Entry {
    std::string key;
    double wrong = 0;  ///< that are not forgiven yet
    Time seen;
  };
  double left(const Entry& entry, Time now) const;

  Limits limits_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< the last that was wrong in front
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

/// What counts as one address: an IPv6 network of 64 bits is one customer's, who has all addresses in it.
std::string throttle_key(std::string_view address);

}  // namespace suture::server
