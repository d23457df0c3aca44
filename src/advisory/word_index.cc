// SPDX-License-Identifier: Apache-2.0
#include "advisory/word_index.h"

#include <algorithm>
#include <cmath>

namespace suture {

void WordIndex::add(const std::string& word, Id document) {
  std::vector<Id>& list = lists_[word];
  if (list.empty() || list.back() != document) list.push_back(document);
  documents_ = std::max<std::size_t>(documents_, std::size_t{document} + 1);
}

const std::vector<WordIndex::Id>* WordIndex::find(const std::string& word) const {
  const auto list = lists_.find(word);
  return list == lists_.end() ? nullptr : &list->second;
}

double WordIndex::worth(const std::vector<Id>& documents) const {
  return std::log(1 + static_cast<double>(documents_) / static_cast<double>(documents.size()));
}

}  // namespace suture
