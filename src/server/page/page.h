// SPDX-License-Identifier: Apache-2.0
//
// The page for administrators: files that the bundler (web/) packed into one blob, each as it is and
// compressed, so that nothing is compressed or read from a disk when somebody looks. The page holds no data
// of the fleet, so it is open to everybody; what it shows it asks the API for.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace suture::server {

struct Call;
struct Response;

/// Where a file's bytes are in WebPage::bytes.
struct PagePart {
  std::size_t offset = 0;
  std::size_t size = 0;
};

struct PageFile {
  std::string_view path;  ///< "/", "/assets/app-1F2E3D4C.js"
  std::string_view type;
  std::string_view hash;  ///< of the bytes as they are
  bool immutable;         ///< its name has a hash, so its bytes never change
  PagePart plain{};
  PagePart gzip{};
  PagePart brotli{};
};

struct WebPage {
  std::span<const PageFile> files{};
  std::string_view bytes{};
};

/// The page that was built into this program; null with -DSUTURE_PAGE=OFF. Only programs that link it have
/// it: neither the library nor its tests need the bundler.
const WebPage* built_page();

/// What of a file to send to a client with this Accept-Encoding (RFC 9110, 12.5.3), and the encoding's name:
/// empty for the bytes as they are.
struct PageChoice {
  PagePart part{};
  std::string_view encoding{};
};
PageChoice choose_encoding(const PageFile& file, std::string_view accept_encoding);

/// GET / and GET /assets/PATH.
Response serve_page(const Call& call);

}  // namespace suture::server
