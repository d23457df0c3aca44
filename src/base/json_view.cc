// SPDX-License-Identifier: Apache-2.0
#include "base/json_view.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <string>
#include <type_traits>

namespace suture {
namespace {

using Element = simdjson::dom::element;
using Handle = std::array<std::uint64_t, 2>;
static_assert(sizeof(Element) == sizeof(Handle) && std::is_trivially_copyable_v<Element>);

constexpr std::size_t kDeepest = 64;

}  // namespace

struct JsonLibrary {
  explicit JsonLibrary(std::size_t bytes) : parser(bytes) {}
  simdjson::dom::parser parser;

  static JsonView view(const Element& element) {
    JsonView view;
    view.handle_ = std::bit_cast<Handle>(element);
    view.there_ = true;
    return view;
  }
};

bool JsonView::is_object() const {
  return there_ && std::bit_cast<Element>(handle_).is_object();
}

bool JsonView::is_array() const {
  return there_ && std::bit_cast<Element>(handle_).is_array();
}

JsonView JsonView::operator[](std::string_view key) const {
  Element member;
  if (!is_object() || std::bit_cast<Element>(handle_).at_key(key).get(member) != simdjson::SUCCESS) return {};
  return JsonLibrary::view(member);
}

std::vector<JsonView> JsonView::elements() const {
  std::vector<JsonView> elements;
  simdjson::dom::array array;
  if (!there_ || std::bit_cast<Element>(handle_).get(array) != simdjson::SUCCESS) return elements;
  for (const Element element : array) elements.push_back(JsonLibrary::view(element));
  return elements;
}

std::vector<std::pair<std::string_view, JsonView>> JsonView::members() const {
  std::vector<std::pair<std::string_view, JsonView>> members;
  simdjson::dom::object object;
  if (!there_ || std::bit_cast<Element>(handle_).get(object) != simdjson::SUCCESS) return members;
  for (const auto& [key, value] : object) members.emplace_back(key, JsonLibrary::view(value));
  return members;
}

std::optional<std::string_view> JsonView::string() const {
  std::string_view text;
  if (!there_ || std::bit_cast<Element>(handle_).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<double> JsonView::number() const {
  double number = 0;
  if (!there_ || std::bit_cast<Element>(handle_).get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<std::int64_t> JsonView::integer() const {
  std::int64_t number = 0;
  if (!there_ || std::bit_cast<Element>(handle_).get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool JsonView::is_null() const {
  return there_ && std::bit_cast<Element>(handle_).is_null();
}

std::optional<bool> JsonView::flag() const {
  bool flag = false;
  if (!there_ || std::bit_cast<Element>(handle_).get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

JsonParser::JsonParser(std::size_t bytes) : library_(std::make_unique<JsonLibrary>(bytes)), limit_(bytes) {}

JsonParser::~JsonParser() = default;

Result<JsonView> JsonParser::parse(std::string_view text) {
  if (text.size() > limit_) {
    return fail("json.too-large", "read JSON", "larger than " + std::to_string(limit_) + " bytes");
  }
  simdjson::dom::parser& parser = library_->parser;
  // The library's own way to grow would fall back to its depth of 1024.
  if (parser.capacity() < text.size() || parser.max_depth() != kDeepest) {
    const std::size_t room = std::max(text.size(), std::min(limit_, std::size_t{1} << 16));
    if (const auto error = parser.allocate(room, kDeepest); error != simdjson::SUCCESS) {
      return fail("json.malformed", "read JSON", simdjson::error_message(error));
    }
  }
  Element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error != simdjson::SUCCESS) {
    return fail("json.malformed", "read JSON", simdjson::error_message(error));
  }
  return JsonLibrary::view(root);
}

}  // namespace suture
