// The rules that a template stands for: what check --from proposes.
#pragma once

#include <string>
#include <vector>

#include "edge/deployment/deployment.h"

namespace portcullis::cli {

struct ProposedRoute {
  std::string route;  // as portcullis.yaml writes it
  enum class Access : std::uint8_t { public_access, authenticated, scopes } access;
  std::vector<std::string> scopes;  // one of them must be there; with Access::scopes
  Place place;
  std::size_t source;  // index in Deployment::routes
};

struct ProposedIssuer {
  std::string issuer;
  std::vector<std::string> audiences;
  Place place;
};

struct Proposal {
  std::vector<ProposedRoute> routes;
  std::vector<ProposedIssuer> issuers;  // of JWT authorizers; a function's are in its code
  struct Lambda {
    std::int64_t cache = 0;  // the longest of the authorizers
    enum class HttpApi : std::uint8_t { simple, policy } http_api = HttpApi::simple;
  };
  std::optional<Lambda> lambda;        // nothing: no function decides
  std::vector<std::string> variables;  // of the authorizers' functions, which are understood here too
  std::vector<RuleProblem> not_carried;
};

/// Every route that can be written; the others, and whatever was lost, stand in `not_carried`.
Proposal propose(const deployment::Deployment& deployment);

/// "public", "authenticated", "{ any: [\"scope:a\", \"scope:b\"] }"
std::string text_of(const ProposedRoute& route);
/// As portcullis.yaml, whole but for the issuers where the template does not say them.
std::string yaml_of(const Proposal& proposal);

}  // namespace portcullis::cli
