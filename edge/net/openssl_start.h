// How OpenSSL starts in a program that must be quick: first of all, before anything else calls it.
#pragma once

namespace portcullis::net {

/// Without what a first decision does not need and what took more than half of its time: the machine's
/// openssl.cnf (which could load modules that a static program cannot), the texts of libcrypto's errors, and the
/// names of all algorithms for look-ups of the old kind. TLS brings its own texts along, and asks for the names it
/// needs: add_digests_of_certificates(). Nothing later in the process undoes this.
void start_openssl_bare() noexcept;

/// Before certificates are verified, however OpenSSL was started: the digest that a certificate's signature names
/// is looked up among those that were added, and one that is not found is an untrusted certificate.
void add_digests_of_certificates() noexcept;

}  // namespace portcullis::net
