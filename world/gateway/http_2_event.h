// Payload 2.0 of an HTTP API, which authorizers and endpoints get alike: gateway.md §2.3, §7.1.
#pragma once

#include <string_view>

#include "world/gateway/routed_request.h"

namespace portcullis::world {

/// All members but `requestContext`, into an open object: header names in lower case, lines of one name joined by a
/// comma, cookies apart. What is empty is not there.
void write_http_2_members(JsonWriter& json, const RoutedRequest& request);
/// The members of requestContext, into an open object.
void write_http_2_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api);

/// The lines of one header as an HTTP API joins them. Empty when there is none.
std::string joined_header(const net::Headers& headers, std::string_view name);

}  // namespace portcullis::world
