// A real Auth0 tenant in the place of the stand-in: what the page and the functions are told about it.
#pragma once

#include <optional>
#include <string>

#include "portcullis/result.h"

namespace portcullis::world {

struct Auth0Tenant {
  std::string domain;  // "example.eu.auth0.com"
  std::string client_id;
  std::string audience;  // the API's identifier

  std::string origin() const { return "https://" + domain; }
};

/// As they were written on the command line.
struct Auth0Options {
  std::optional<std::string> domain, client_id, audience;
};

/// All three or none. The domain is a bare host or an https URL, with or without its last slash.
/// @returns  nullopt for none; else what is missing or wrong, as a sentence
Result<std::optional<Auth0Tenant>, std::string> auth0_tenant_from(const Auth0Options& options);

}  // namespace portcullis::world
