// A request that found its route: what events, cache keys and ARNs are made from.
#pragma once

#include <string>
#include <string_view>

#include "edge/net/http_message.h"
#include "portcullis/json_writer.h"
#include "portcullis/time.h"
#include "world/encoding/form.h"
#include "world/gateway/api.h"

namespace portcullis::world {

struct RoutedRequest {
  net::HttpRequest http;
  std::string id;     // the gateway's request id
  std::string stage;  // "dev"
  std::string path;   // without the stage, as received: "/api/private"
  Fields query;       // decoded
  RouteMatch match;   // points into the API
  WallTime received;
};

/// The stage and the path behind it: "/dev/api/x?y" → "dev", "/api/x". The root of a stage is "/".
struct StagedPath {
  std::string stage, path;
};
StagedPath split_stage(std::string_view target);

/// The path with its stage in front, as clients wrote it; the stage $default is not written.
std::string whole_path(const RoutedRequest& request);
/// "25/Nov/2026:04:05:06 +0000", the Common Log Format's.
std::string clf_time(WallTime time);
/// The host name of the API.
std::string domain_of(const GatewayApi& api);

/// The last value of a header, which is what single-value maps and TOKEN authorizers get (gateway.md §9.9).
std::string_view last_header(const net::Headers& headers, std::string_view name);

/// The members that both REQUEST authorizer events and proxy events have (gateway.md §2.2, §7.1), from
/// `resource` to `stageVariables`, into an open object. Empty maps are `{}` for an authorizer, null for an endpoint.
/// Payload 1.0 of an HTTP API has the same, with the stage in `path`.
enum class EmptyMap : std::uint8_t { braces, null };
void write_request_members(JsonWriter& json, const RoutedRequest& request, ApiKind kind, EmptyMap empty);
/// Those of them that a WebSocket's handshake has too: headers and query.
void write_field_maps(JsonWriter& json, const RoutedRequest& request, EmptyMap empty);
/// A map with the last value of each name.
void write_last_values(JsonWriter& json, const Fields& fields);
/// The members of requestContext, into an open object.
void write_request_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api);
/// Its member `identity`: who is at the other end.
void write_identity(JsonWriter& json, const RoutedRequest& request);

}  // namespace portcullis::world
