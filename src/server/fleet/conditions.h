// SPDX-License-Identifier: Apache-2.0
//
// A question with some of several conditions: its WHERE clause and the values that belong to it. Parameters
// are numbered without gaps, which PostgreSQL asks for.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "database/database.h"

namespace suture::server {

class Conditions {
 public:
  using Value = std::variant<std::string, std::int64_t>;

  /// `text` is SQL of ours; each "?" in it takes the next of the values.
  void add(std::string_view text, std::vector<Value> values) {
    sql_ += conditions_++ == 0 ? " WHERE " : " AND ";
    append(text, std::move(values));
  }
  /// What stands before the conditions, or follows them: an order and a limit.
  void append(std::string_view text, std::vector<Value> values = {}) {
    std::size_t next = 0;
    for (const char c : text) {
      sql_ += c;
      if (c != '?') continue;
      values_.push_back(std::move(values.at(next++)));
      sql_ += std::to_string(values_.size());
    }
  }

  const std::string& sql() const { return sql_; }
  /// This must outlive the statement's use.
  void bind(sql::Statement& statement) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const int index = static_cast<int>(i) + 1;
      if (const auto* text = std::get_if<std::string>(&values_[i])) {
        statement.bind(index, *text);
      } else {
        statement.bind(index, std::get<std::int64_t>(values_[i]));
      }
    }
  }

 private:
  std::string sql_{};
  int conditions_ = 0;
  std::vector<Value> values_{};
};

}  // namespace suture::server
