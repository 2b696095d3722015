#include "world/gateway/connect_event.h"

namespace portcullis::world {

void write_connect_members(JsonWriter& json, const RoutedRequest& request) {
  write_field_maps(json, request, EmptyMap::braces);
  json.key("stageVariables").begin_object().end_object();
}

void write_connect_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api) {
  const std::int64_t now = request.received.time_since_epoch().count();
  json.key("routeKey").string(request.match.route->key()).key("eventType").string("CONNECT");
  json.key("messageDirection").string("IN").key("connectionId").string(request.id).key("connectedAt").integer(now);
  json.key("stage").string(request.stage).key("apiId").string(api.id).key("domainName").string(domain_of(api));
  json.key("extendedRequestId").string(request.id).key("requestId").string(request.id);
  json.key("requestTime").string(clf_time(request.received)).key("requestTimeEpoch").integer(now).key("identity");
  write_identity(json, request);
}

}  // namespace portcullis::world
