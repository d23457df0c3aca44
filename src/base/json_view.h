// SPDX-License-Identifier: Apache-2.0
//
// JSON from foreign hands, looked at where it lies: of feeds, which are gigabytes, few fields are wanted, so
// no value is built for the others; hosts' reports come by the thousand in a second. (base/json.h is for
// documents that are kept.) Of a key that stands twice in an object the first counts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace suture {

struct JsonLibrary;

/// A value, or nothing: to ask for what is not there, or is of another type, yields nothing, so that a chain
/// of members can be followed without a look at each. Valid as long as its document.
class JsonView {
 public:
  JsonView() = default;

  explicit operator bool() const { return there_; }
  bool is_object() const;
  bool is_array() const;

  /// A member of an object.
  JsonView operator[](std::string_view key) const;
  std::vector<JsonView> elements() const;
  std::vector<std::pair<std::string_view, JsonView>> members() const;

  std::optional<std::string_view> string() const;
  /// Empty for anything but a string.
  std::string_view text() const { return string().value_or(std::string_view{}); }
  std::optional<double> number() const;
  /// A number without fraction or exponent, of 63 bits and a sign.
  std::optional<std::int64_t> integer() const;
  bool is_null() const;
  std::optional<bool> flag() const;

 private:
  friend struct JsonLibrary;
  // The library's handle, two words; its header would take each file that includes it some seconds.
  std::array<std::uint64_t, 2> handle_{};
  bool there_ = false;
};

/// Keeps its memory from one document to the next.
class JsonParser {
 public:
  /// Documents of at most `bytes`, and no deeper than 64 levels.
  explicit JsonParser(std::size_t bytes);
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  /// Views into it end with the next call. The error says why only: "json.too-large", "json.malformed".
  Result<JsonView> parse(std::string_view text);

 private:
  std::unique_ptr<JsonLibrary> library_;
  std::size_t limit_;
};

}  // namespace suture
