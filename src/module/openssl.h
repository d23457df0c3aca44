// SPDX-License-Identifier: Apache-2.0
//
// More owners for what OpenSSL allocates, for the files here that sign modules and make keys.
#pragma once

#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/openssl.h"

namespace suture::openssl {

using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Message = std::unique_ptr<CMS_ContentInfo, Free<CMS_ContentInfo_free>>;

/// "CN = who signs, O = where", without control characters whatever the name holds.
std::string text_of(const X509_NAME* name);

/// "module.signature-crypto", with OpenSSL's own words for why.
std::unexpected<Error> failure(std::string what);

/// A view of bytes that outlive it.
Memory reader(ByteView bytes);
/// What was written to it.
ByteView written(BIO* memory);

}  // namespace suture::openssl
