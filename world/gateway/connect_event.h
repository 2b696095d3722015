// What a WebSocket API tells of a handshake, to its authorizer and to the function behind $connect: gateway.md §2.4.
#pragma once

#include "world/gateway/routed_request.h"

namespace portcullis::world {

/// All members but `requestContext`, into an open object. There is neither method nor path.
void write_connect_members(JsonWriter& json, const RoutedRequest& request);
/// The members of requestContext, into an open object.
void write_connect_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api);

}  // namespace portcullis::world
