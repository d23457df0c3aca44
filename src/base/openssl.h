// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's objects, freed with their owner.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>

namespace suture::openssl {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free>>;

}  // namespace suture::openssl
