#include "edge/net/openssl_start.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <initializer_list>

namespace portcullis::net {

void start_openssl_bare() noexcept {
  // It can only fail without memory; then OpenSSL starts as it would have without this.
  (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                                OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
                            nullptr);
}

void add_digests_of_certificates() noexcept {
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512(), EVP_sha3_256(),
                               EVP_sha3_384(), EVP_sha3_512()})
    (void)EVP_add_digest(digest);
}

}  // namespace portcullis::net
