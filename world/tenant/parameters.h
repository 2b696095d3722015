// The parameters of a request to the tenant: query, form or JSON. None twice (RFC 6749 §3.1, §3.2).
#pragma once

#include <string_view>

#include "world/encoding/form.h"
#include "world/tenant/oauth_error.h"

namespace portcullis::world {

/// The query's.
OAuthResult<Fields> query_parameters(const net::HttpRequest& request);
/// The body's: a form, or a JSON object of strings and integers.
OAuthResult<Fields> body_parameters(const net::HttpRequest& request);
/// Of an endpoint that answers GET and POST alike: the query's or the body's (OIDC Core §3.1.2.1).
OAuthResult<Fields> parameters(const net::HttpRequest& request);

/// Empty when there is none.
std::string_view value_of(const Fields& fields, std::string_view name);

}  // namespace portcullis::world
