// The stand-in for an Auth0 tenant: its addresses, and who answers at each. Development only.
#pragma once

#include "world/tenant/tenant_control.h"
#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// Single-threaded. The issuer is that of the settings, whatever the request's Host says.
class Tenant {
 public:
  Tenant(TenantSettings settings, Mint mint, TenantClock clock, TenantControl control);
  Tenant(const Tenant&) = delete;  // what it remembers points into its settings
  Tenant& operator=(const Tenant&) = delete;

  net::HttpResponse answer(const net::HttpRequest& request);

 private:
  net::HttpResponse jwks(const net::HttpRequest& request) const;

  TenantSettings settings_;
  TenantState state_;
  TenantClock clock_;
  TenantControl control_;
};

}  // namespace portcullis::world
