// SPDX-License-Identifier: Apache-2.0
//
// What the product ids of a CSAF document mean: a package, perhaps with a version, on a platform.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_view.h"

namespace suture {

struct CsafPackage {
  std::string platform{};  ///< its name for people; empty where it is part of none
  std::string name{};
  std::string version{};  ///< [epoch:]version-release; empty: any
  bool source = false;    ///< what others are made of
  std::string module{};   ///< that it is of, or is: "nodejs:16", name and stream
};

class CsafProducts {
 public:
  /// Of "product_tree". "advisory.record" when it is larger than any known.
  static Result<CsafProducts> read(JsonView tree);

  /// Nothing for an id that the tree does not know.
  const CsafPackage* find(std::string_view id) const;

 private:
  Result<void> add_branches(JsonView branches);
  Result<void> add_product(JsonView product);
  Result<void> add_relationships(JsonView relationships);

  std::map<std::string, CsafPackage, std::less<>> products_;
};

/// Of "pkg:rpm/redhat/kernel@5.14.0-570.el9?arch=src&epoch=0"; nothing in it when it is none of a package.
/// Modules are told in three ways: "pkg:rpmmod/redhat/nodejs@16:8080:63b3" is one, and the packages
/// "pkg:rpmmod/redhat/nodejs:16/npm" and "pkg:rpm/redhat/npm?rpmmod=nodejs:16:8080:63b3" are in one.
CsafPackage package_of_purl(std::string_view purl);

/// Of "kernel-default-5.14.21-150500.55.1.x86_64" as RPM names its files. A name without a version is all
/// there is.
CsafPackage package_of_file_name(std::string_view text);

}  // namespace suture
