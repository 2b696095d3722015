// The number that an RSA signature stands for, s^e mod n (RSAVP1, RFC 8017 §5.2.2), where e is 65,537, as nearly
// everywhere.
#pragma once

#include <openssl/types.h>

namespace portcullis {

/// OpenSSL's way with RSA, but a shorter one to this power: 17 multiplications modulo n after the one that brings s
/// into Montgomery's form. OpenSSL multiplies by one first, too, and takes the result out of that form last: a seventh
/// of what RSA_verify takes. The multiplication, the range of s and the padding are OpenSSL's, and so are all other
/// exponents. Only for public keys: what it computes is no secret, so it need not take the same time for each number.
/// Null without memory: OpenSSL's own way then serves. Lives as long as the process; safe from any thread.
const RSA_METHOD* rsa_method() noexcept;

}  // namespace portcullis
