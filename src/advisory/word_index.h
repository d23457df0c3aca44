// SPDX-License-Identifier: Apache-2.0
//
// In which documents a word is, and what that makes it worth: a rare word tells much, one that is everywhere
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace suture {

class WordIndex {
 public:
  using Id = std::uint32_t;

  /// Documents are added in ascending order.
  void add(const std::string& word, Id document);
  /// In ascending order; nullptr for a word that is nowhere.
  const std::vector<Id>* find(const std::string& word) const;
  /// Of a word with these documents: greater than 0, and the more the fewer there are.
  double worth(const std::vector<Id>& documents) const;

 private:
  std::unordered_map<std::string, std::vector<Id>> lists_;
  std::size_t documents_ = 0;
};

}  // namespace suture
