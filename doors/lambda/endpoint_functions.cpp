#include "doors/lambda/endpoint_functions.h"

#include <algorithm>

#include "doors/lambda/event.h"
#include "doors/lambda/web_socket.h"
#include "portcullis/json_writer.h"

namespace portcullis::lambda {
namespace {

std::optional<std::string_view> text(const std::optional<Json>& object, std::string_view name) {
  const auto found = object ? object->find(name) : std::nullopt;
  return found ? found->string() : std::nullopt;
}

bool is_header(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::vector<std::string> header_of(const Json& event, std::string_view lower) {
  std::vector<std::string> values;
  if (const auto headers = event.find("headers"))
    for (auto field = headers->begin(); field != headers->end(); ++field)
      if (is_header(field.name(), lower)) values.emplace_back((*field).string().value_or(""));
  if (const auto multi = event.find("multiValueHeaders"))
    for (auto field = multi->begin(); field != multi->end(); ++field)
      if (is_header(field.name(), lower))
        for (const Json value : *field) values.emplace_back(value.string().value_or(""));
  return values;
}

// Whom the authorizer named: a REST API and payload 1.0 say it beside the context, payload 2.0 inside it.
std::optional<std::string_view> caller_of(const Json& event) {
  const auto context = event.find("requestContext");
  const auto authorizer = context ? context->find("authorizer") : std::nullopt;
  if (const auto caller = text(authorizer, "principalId")) return caller;
  return text(authorizer ? authorizer->find("lambda") : std::nullopt, "principalId");
}

// Exact origins from the list, never a reflected one. A bearer header needs no credentials mode. What the
// gateway adds to the answer can be read as well: it exposes nothing on an endpoint's behalf.
void write_cors(JsonWriter& json, const Pages& pages, std::string_view origin) {
  const auto& origins = pages.origins;
  if (origins.empty()) return;
  const bool all = std::find(origins.begin(), origins.end(), "*") != origins.end();
  if (!all) json.key("Vary").string("Origin");
  if (!all && std::find(origins.begin(), origins.end(), origin) == origins.end()) return;
  json.key("Access-Control-Allow-Origin").string(all ? "*" : origin);
  std::string exposed = "x-amzn-RequestId, x-amzn-ErrorType";
  for (const std::string& name : pages.exposed) exposed += ", " + name;
  json.key("Access-Control-Expose-Headers").string(exposed);
}

// A browser gives up a connection whose server takes none of the subprotocols that it offered (RFC 6455 §4.1).
void write_subprotocol(JsonWriter& json, const Json& event) {
  if (text(event.find("requestContext"), "eventType") != "CONNECT") return;
  if (bearer_credentials(header_of(event, "sec-websocket-protocol")).empty()) return;
  json.key("Sec-WebSocket-Protocol").string(bearer_subprotocol);
}

FunctionResult proxy_result(int status, std::string_view message, const Pages& pages, const Json& event) {
  const auto origins = header_of(event, "origin");
  JsonWriter body;
  body.begin_object().key("message").string(message).end_object();
  JsonWriter json;
  json.begin_object().key("statusCode").integer(status).key("headers").begin_object();
  json.key("Content-Type").string("application/json").key("Cache-Control").string("no-store");
  write_cors(json, pages, origins.empty() ? std::string_view{} : origins.front());
  write_subprotocol(json, event);
  json.end_object().key("body").string(body.text()).key("isBase64Encoded").boolean(false).end_object();
  return {FunctionResult::Kind::success, std::move(json).text(), {}};
}

}  // namespace

FunctionResult PublicEndpoint::handle(const Invocation& invocation) {
  const auto event = JsonDocument::parse(invocation.event, event_limits);
  if (!event) return internal_error("the event is not JSON");
  return proxy_result(200, "Hi ⊂◉‿◉つ from Public API", pages_, event->root());
}

FunctionResult PrivateEndpoint::handle(const Invocation& invocation) {
  const auto document = JsonDocument::parse(invocation.event, event_limits);
  if (!document) return internal_error("the event is not JSON");
  const Json event = document->root();
  const auto caller = caller_of(event);
  // Without an authorizer in front nobody was checked: fail closed.
  if (!caller || caller->empty()) return proxy_result(401, "Unauthorized", pages_, event);
  const std::string_view path = text(event, "path").value_or(text(event, "rawPath").value_or(""));
  if (path.ends_with("/orders")) return proxy_result(200, "orders for " + std::string{*caller}, pages_, event);
  if (path.ends_with("/admin")) return proxy_result(200, "admin for " + std::string{*caller}, pages_, event);
  return proxy_result(200, "Hi ⊂◉‿◉つ from Private API. Only logged in users can see this", pages_, event);
}

}  // namespace portcullis::lambda
