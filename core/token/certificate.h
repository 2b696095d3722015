// A client certificate as tokens name it. RFC 8705 §3.1.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis {

/// base64url of the SHA-256 of its DER: the claim `x5t#S256`.
struct CertificateThumbprint {
  std::string text;
};

/// @param pem  one certificate, or a chain of which the first counts: that is the client's own (RFC 8446 §4.4.2).
///             Who issued it, and until when, is the business of whoever ended the TLS connection
/// @returns why it is none, as a sentence that quotes none of it
Result<CertificateThumbprint, std::string> thumbprint_of_certificate(std::string_view pem);

}  // namespace portcullis
