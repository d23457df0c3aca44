// SPDX-License-Identifier: Apache-2.0
#include "advisory/csaf_products.h"

#include <algorithm>
#include <array>

#include "advisory/record.h"

namespace suture {
namespace {

/// Red Hat's documents of the kernel have some ten thousand.
constexpr std::size_t kMostIds = 1u << 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "%2B" is "+".
std::string unescaped(std::string_view text) {
  const auto digit = [](char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool whole = text[at] == '%' && at + 2 < text.size();
    const int high = whole ? digit(text[at + 1]) : -1;
    const int low = whole ? digit(text[at + 2]) : -1;
    if (high >= 0 && low >= 0) {
      plain += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::string_view qualifier(std::string_view qualifiers, std::string_view name) {
  while (!qualifiers.empty()) {
    const std::string_view part = qualifiers.substr(0, qualifiers.find('&'));
    qualifiers.remove_prefix(std::min(qualifiers.size(), part.size() + 1));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

bool is_source(std::string_view architecture) {
  return architecture == "src" || architecture == "nosrc";
}

/// "nodejs:16" of "nodejs:16:8080020230906091213:63b34585": name, stream, version and context.
std::string name_and_stream(std::string_view module) {
  const std::size_t colon = module.find(':');
  if (colon == std::string_view::npos) return {};
  return std::string(module.substr(0, module.find(':', colon + 1)));
}

}  // namespace

CsafPackage package_of_purl(std::string_view purl) {
  constexpr std::string_view kScheme = "pkg:";
  CsafPackage package;
  if (!purl.starts_with(kScheme)) return package;
  purl = purl.substr(0, purl.find('#'));
  const std::size_t question = purl.find('?');
  const std::string_view qualifiers =
      question == std::string_view::npos ? std::string_view{} : purl.substr(question + 1);
  purl = purl.substr(0, question);
  const std::size_t at = purl.rfind('@');
  const std::string_view path = purl.substr(0, at);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return package;
  package.name = unescaped(path.substr(slash + 1));
  package.source = is_source(qualifier(qualifiers, "arch"));
  if (at != std::string_view::npos) package.version = unescaped(purl.substr(at + 1));
  const std::string_view epoch = qualifier(qualifiers, "epoch");
  if (!package.version.empty() && !epoch.empty() && epoch != "0") {
    package.version = std::string(epoch) + ":" + package.version;
  }
  package.module = name_and_stream(unescaped(qualifier(qualifiers, "rpmmod")));
  if (!purl.starts_with("pkg:rpmmod/")) return package;
  if (!package.version.empty()) {
    // By another name than its packages have, since its version is none of theirs.
    package.module = name_and_stream(package.name + ":" + package.version);
    package.name = package.module;
  } else {
    const std::string folder = unescaped(path.substr(0, slash));
    package.module = name_and_stream(folder.substr(folder.rfind('/') + 1));
  }
  return package;
}

CsafPackage package_of_file_name(std::string_view text) {
  constexpr std::array<std::string_view, 10> kArchitectures{
      ".x86_64", ".noarch", ".aarch64", ".ppc64le", ".s390x", ".src", ".nosrc", ".i586", ".i686", ".ia64"};
  CsafPackage package;
  for (const std::string_view architecture : kArchitectures) {
    if (!text.ends_with(architecture)) continue;
    package.source = is_source(architecture.substr(1));
    text.remove_suffix(architecture.size());
    break;
  }
  const std::size_t release = text.rfind('-');
  const std::size_t version =
      release == std::string_view::npos || release == 0 ? release : text.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0 || !is_digit(text[version + 1])) {
    package.name = text;
    return package;
  }
  package.name = text.substr(0, version);
  package.version = text.substr(version + 1);
  // Nobody writes an epoch of 0.
  if (package.version.starts_with("0:")) package.version.erase(0, 2);
  return package;
}

Result<CsafProducts> CsafProducts::read(JsonView tree) {
  CsafProducts products;
  TRY(products.add_branches(tree["branches"]));
  for (const JsonView product : tree["full_product_names"].elements()) TRY(products.add_product(product));
  TRY(products.add_relationships(tree["relationships"]));
  return products;
}

const CsafPackage* CsafProducts::find(std::string_view id) const {
  const auto found = products_.find(id);
  return found == products_.end() ? nullptr : &found->second;
}

/// As deep as the parser lets documents be.
Result<void> CsafProducts::add_branches(JsonView branches) {
  for (const JsonView branch : branches.elements()) {
    if (branch["product"]) TRY(add_product(branch["product"]));
    TRY(add_branches(branch["branches"]));
  }
  return {};
}

Result<void> CsafProducts::add_product(JsonView product) {
  if (products_.size() >= kMostIds) return fail("advisory.record", "read the products", "there are too many");
  const std::string_view id = product["product_id"].text();
  if (id.empty() || id.size() > kMostUrl) return {};
  CsafPackage package = package_of_purl(product["product_identification_helper"]["purl"].text());
  // A platform has no such name, and is called by its own.
  if (package.name.empty()) package.name = product["name"].text();
  package.name = shown_line(package.name, kMostName);
  package.version = shown_line(package.version, kMostName);
  products_.insert_or_assign(std::string(id), std::move(package));
  return {};
}

Result<void> CsafProducts::add_relationships(JsonView relationships) {
  for (const JsonView relationship : relationships.elements()) {
    if (products_.size() >= kMostIds)
      return fail("advisory.record", "read the products", "there are too many");
    const std::string_view id = relationship["full_product_name"]["product_id"].text();
    const CsafPackage* component = find(relationship["product_reference"].text());
    const CsafPackage* platform = find(relationship["relates_to_product_reference"].text());
    if (id.empty() || id.size() > kMostUrl || component == nullptr || platform == nullptr) continue;
    CsafPackage package = *component;
    // Without a purl the name may be a file's.
    if (package.version.empty()) {
      CsafPackage named = package_of_file_name(package.name);
      named.source = named.source || package.source;
      package = std::move(named);
    }
    // A module is a component of the platform, and its packages are components of it.
    package.platform =
        platform->platform.empty() ? platform->name : platform->platform + " " + platform->name;
    if (!component->module.empty() && component->module != component->name &&
        component->module != platform->module)
      package.platform += " " + component->module;
    package.module = component->module;
    products_.insert_or_assign(std::string(id), std::move(package));
  }
  return {};
}

}  // namespace suture
