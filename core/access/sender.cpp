#include "core/access/sender.h"

namespace portcullis {

Result<Done> check_sender(const VerifiedToken& token) {
  const auto cnf = token.claims().find("cnf");
  if (!cnf) return Done{};
  if (cnf->find("jkt")) return Error{Reason::dpop_missing, "the token is bound to a DPoP key and came as Bearer"};
  return Error{Reason::certificate_mismatch, "the token is bound to a client certificate, and none is known here"};
}

}  // namespace portcullis
