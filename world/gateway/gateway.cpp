#include "world/gateway/gateway.h"

#include "edge/system/random.h"
#include "world/gateway/authorizer_event.h"
#include "world/gateway/proxy_integration.h"
#include "world/gateway/web_socket_handshake.h"

namespace portcullis::world {
namespace {

constexpr std::size_t body_limit = 10 * 1024 * 1024;
constexpr std::size_t header_limit = 10'240;
constexpr std::size_t arn_limit = 1'600;
constexpr std::size_t most_explanations = 8;  // under way at once

std::string gateway_request_id() {
  std::string id = system::random_hex(16);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

std::size_t header_bytes(const net::HttpRequest& request) {
  std::size_t bytes = request.method.size() + request.target.size();
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size();
  return bytes;
}

Fields query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? Fields{} : parse_form(target.substr(mark + 1));
}

/// A stage by its name in front of the path, or the stage $default by none (gateway.md §3.2).
std::optional<StagedPath> staged(const GatewayApi& api, std::string_view target) {
  const auto known = [&](std::string_view stage) {
    return std::find(api.stages.begin(), api.stages.end(), stage) != api.stages.end();
  };
  if (StagedPath named = split_stage(target); known(named.stage)) return named;
  if (!known("$default") || !target.starts_with('/')) return std::nullopt;
  return StagedPath{"$default", std::string{target.substr(0, target.find('?'))}};
}

AnswerForm answer_form(ApiKind kind, const AuthorizerSettings& authorizer) {
  if (authorizer.answer == AuthorizerSettings::Answer::simple) return AnswerForm::simple;
  return kind == ApiKind::http_2 ? AnswerForm::policy_with_any_context : AnswerForm::policy;
}

/// What the authorizer's log says about one of its decisions. Where it says nothing, the report stays as it is.
void take_decision(RequestReport& report, DecisionRecord decision) {
  if (!decision.reason.empty()) report.reason = std::move(decision.reason);
  report.detail = std::move(decision.detail);
  report.missing = std::move(decision.missing);
  report.trace = std::move(decision.trace);
}

}  // namespace

/// One request on its way. Lives until its report is made.
struct Gateway::Exchange {
  RoutedRequest request;
  net::Respond respond;
  net::Headers cors;
  const AuthorizerSettings* authorizer = nullptr;
  std::string arn, cache_key;
  std::shared_ptr<const AuthorizerAnswer> authorized;
  WallTime asked{};
  std::chrono::milliseconds latency{0};
  RequestReport report;
};

Gateway::Gateway(GatewayApi api, CorsRules cors, Surroundings surroundings)
    : api_(std::move(api)),
      cors_(std::move(cors)),
      around_(std::move(surroundings)),
      usage_(api_.usage_plans, api_.stage_throttle) {}

void Gateway::handle(net::HttpRequest request, net::Respond respond) {
  const auto exchange = std::make_shared<Exchange>();
  exchange->respond = std::move(respond);
  if (api_.kind != ApiKind::web_socket) exchange->cors = cors_headers(cors_, request);
  RoutedRequest& routed = exchange->request;
  routed.id = gateway_request_id();
  routed.received = around_.now();
  routed.http = std::move(request);
  exchange->report.reason = "ok";
  if (refuse_by_size(exchange)) return;

  const auto found = staged(api_, routed.http.target);
  if (found && answer_preflight(exchange, found->path)) return;
  const auto match = found ? find_route(api_, routed.http.method, found->path) : std::nullopt;
  if (!match) return refuse(exchange, GatewayFault::missing_authentication_token, "no_route");
  routed.stage = found->stage;
  routed.path = found->path;
  routed.query = query_of(routed.http.target);
  routed.match = *match;
  if (refuse_handshake(exchange)) return;
  if (!match->route->authorizer) return integrate(exchange);
  exchange->authorizer = api_.authorizer(*match->route->authorizer);
  authorize(exchange);
}

/// A REST API has an OPTIONS method on each resource (Serverless' `cors: true`); an HTTP API with CORS answers for
/// every path, and without it not at all (gateway.md §5.3).
bool Gateway::answer_preflight(const ExchangePointer& exchange, const std::string& path) {
  const net::HttpRequest& request = exchange->request.http;
  if (!is_preflight(request) || api_.kind == ApiKind::web_socket) return false;
  if (is_http_api(api_.kind) && cors_.origins.empty()) return false;
  const auto methods = is_http_api(api_.kind) ? std::vector<std::string>{"ANY"} : methods_of(api_, path);
  if (methods.empty()) return false;
  exchange->report.reason = "preflight";
  answer(exchange, preflight_response(cors_, request, methods));
  return true;
}

/// Before anybody is asked: what is no handshake opens nothing.
bool Gateway::refuse_handshake(const ExchangePointer& exchange) {
  if (api_.kind != ApiKind::web_socket) return false;
  const Handshake handshake = handshake_of(exchange->request.http);
  if (handshake == Handshake::good) return false;
  exchange->report.reason = "no_handshake";
  answer(exchange, handshake_refusal(handshake));
  return true;
}

bool Gateway::refuse_by_size(const ExchangePointer& exchange) {
  const net::HttpRequest& request = exchange->request.http;
  const bool long_header = header_bytes(request) > header_limit;  // gateway.md §5.2
  const bool long_body = request.body.size() > body_limit;
  if (long_header)
    refuse(exchange, GatewayFault::headers_too_large, "headers_too_large");
  else if (long_body)
    refuse(exchange, GatewayFault::request_too_large, "request_too_large");
  return long_header || long_body;
}

void Gateway::authorize(const ExchangePointer& exchange) {
  const RoutedRequest& request = exchange->request;
  const AuthorizerSettings& authorizer = *exchange->authorizer;
  const std::string_view method = api_.kind == ApiKind::web_socket ? std::string_view{} : request.http.method;
  exchange->arn = api_.method_arn(request.stage, method, request.path);
  if (exchange->arn.size() > arn_limit) return refuse(exchange, GatewayFault::uri_too_long, "uri_too_long");
  const auto identity = identity_values(authorizer, request, api_.kind);
  if (!identity) return refuse(exchange, GatewayFault::unauthorized, "no_credentials");
  if (authorizer.expression && !authorizer.expression->matches(identity->front()))
    return refuse(exchange, GatewayFault::unauthorized, "unauthorized");

  exchange->cache_key = AuthorizerCache::key(authorizer.name, request.stage, *identity);
  exchange->authorized = cache_.find(exchange->cache_key, request.received);
  if (exchange->authorized) {
    exchange->report.asked = RequestReport::Asked::cached;
    return apply_policy(exchange);
  }
  exchange->report.asked = RequestReport::Asked::fresh;
  exchange->asked = around_.now();
  around_.invoke(authorizer.function, authorizer_event(authorizer, request, api_, exchange->arn),
                 [this, exchange](const InvocationResult& result) { authorizer_answered(exchange, result); });
}

void Gateway::authorizer_answered(const ExchangePointer& exchange, const InvocationResult& result) {
  if (!result.decision.reason.empty()) exchange->report.decided_by = exchange->request.id;
  take_decision(exchange->report, result.decision);
  if (result.kind != InvocationResult::Kind::answered) return authorizer_failed(exchange, result);

  auto read = parse_authorizer_answer(result.payload, answer_form(api_.kind, *exchange->authorizer));
  if (!read) {
    around_.log("the authorizer's answer is malformed: " + read.error());
    return refuse(exchange, GatewayFault::authorizer_configuration_error, "authorizer_configuration_error");
  }
  read->decided_for = exchange->request.id;
  exchange->authorized = std::make_shared<const AuthorizerAnswer>(*std::move(read));
  const WallTime now = around_.now();
  exchange->latency = now - exchange->asked;
  cache_.keep(exchange->cache_key, exchange->authorized, exchange->authorizer->ttl, now);
  apply_policy(exchange);
}

/// Only the exact text means 401, and that not in an HTTP API; every other failure is ours, not the caller's
/// (gateway.md §3.3, §9.9).
void Gateway::authorizer_failed(const ExchangePointer& exchange, const InvocationResult& result) {
  const std::string& decided = result.decision.reason;
  if (result.kind == InvocationResult::Kind::function_error && result.error_message == "Unauthorized" &&
      !is_http_api(api_.kind))
    return refuse(exchange, GatewayFault::unauthorized, decided.empty() ? "unauthorized" : decided);
  around_.log("the authorizer failed: " + result.error_type + ": " + result.error_message);
  const std::string reason = result.error_type.empty() ? "authorizer_configuration_error" : result.error_type;
  refuse(exchange, GatewayFault::authorizer_configuration_error, decided.empty() ? reason : decided);
}

void Gateway::apply_policy(const ExchangePointer& exchange) {
  RequestReport& report = exchange->report;
  const Verdict verdict = evaluate(*exchange->authorized, exchange->arn);
  for (const std::string& element : verdict.unsupported)
    around_.log("the authorizer's policy uses " + element + ", which is not supported here: it grants nothing");
  report.decided_by = exchange->authorized->decided_for;
  if (verdict.kind == Verdict::Kind::allowed) return integrate(exchange);

  const bool explicitly = verdict.kind == Verdict::Kind::explicitly_denied;
  const auto fault = explicitly ? GatewayFault::access_denied_explicitly : GatewayFault::access_denied;
  if (report.asked == RequestReport::Asked::cached) return refuse_from_cache(exchange, fault);
  if (report.reason == "ok") report.reason = "access_denied";  // the function meant yes, its policy does not
  refuse(exchange, fault, report.reason);
}

/// A policy says no and not why. The client gets its answer at once; then the authorizer is asked about
/// this very request, for the report alone: what it says is neither kept nor obeyed.
void Gateway::refuse_from_cache(const ExchangePointer& exchange, GatewayFault fault) {
  const RoutedRequest& request = exchange->request;
  exchange->report.reason = "access_denied";
  exchange->report.decided_by = request.id;
  send(exchange, own_answer(exchange, fault));
  if (explaining_.size() >= most_explanations) return around_.report(exchange->report);
  explaining_.insert(request.id);
  around_.invoke(exchange->authorizer->function, authorizer_event(*exchange->authorizer, request, api_, exchange->arn),
                 [this, exchange](InvocationResult result) { explained(exchange, std::move(result)); });
}

void Gateway::explained(const ExchangePointer& exchange, InvocationResult result) {
  explaining_.erase(exchange->request.id);
  RequestReport& report = exchange->report;
  take_decision(report, std::move(result.decision));
  if (report.reason == "ok") {
    report.reason = "access_denied";
    report.detail = "asked anew, the authorizer allows this request: the cached policy does not hold it";
  }
  around_.report(report);
}

net::HttpResponse Gateway::own_answer(const ExchangePointer& exchange, GatewayFault fault) const {
  if (is_http_api(api_.kind)) return http_api_response(fault, exchange->request.id, exchange->cors);
  net::HttpResponse response = gateway_response(fault, exchange->request.id, exchange->cors);
  customise(fault, api_.responses, exchange->authorized.get(), response);
  return response;
}

/// The plan of the caller's key first, then the stage (gateway.md §6).
bool Gateway::refuse_by_usage(const ExchangePointer& exchange) {
  const WallTime now = around_.now();
  Admission admission = Admission::admitted;
  if (exchange->request.match.route->api_key == ApiRoute::ApiKey::required)
    admission =
        usage_.admit_key(exchange->authorized ? exchange->authorized->usage_identifier_key : std::string{}, now);
  if (admission == Admission::admitted) admission = usage_.admit_stage(exchange->request.stage, now);
  switch (admission) {
    case Admission::admitted:
      return false;
    case Admission::unknown_key:
      refuse(exchange, GatewayFault::invalid_api_key, "invalid_api_key");
      return true;
    case Admission::throttled:
      refuse(exchange, GatewayFault::throttled, "throttled");
      return true;
    case Admission::quota_exceeded:
      refuse(exchange, GatewayFault::quota_exceeded, "quota_exceeded");
      return true;
  }
  return true;
}

void Gateway::integrate(const ExchangePointer& exchange) {
  if (refuse_by_usage(exchange)) return;
  std::optional<Authorized> authorized;
  if (exchange->authorized) authorized = Authorized{exchange->authorized.get(), exchange->latency};
  around_.invoke(exchange->request.match.route->function, proxy_event(exchange->request, api_, authorized),
                 [this, exchange](const InvocationResult& result) { integration_answered(exchange, result); });
}

void Gateway::integration_answered(const ExchangePointer& exchange, const InvocationResult& result) {
  const auto fail = [&](GatewayFault fault, const std::string& reason) {
    around_.log("the endpoint failed: " + reason);
    refuse(exchange, fault, reason.empty() ? std::string{name_of(fault)} : reason);
  };
  switch (result.kind) {
    case InvocationResult::Kind::gave_up:
      return fail(GatewayFault::integration_timeout, "integration_timeout");
    case InvocationResult::Kind::function_error:
      return fail(GatewayFault::malformed_proxy_response, result.error_type);
    case InvocationResult::Kind::refused:
      return fail(result.error_type == "RequestEntityTooLarge" ? GatewayFault::request_too_large
                                                               : GatewayFault::api_configuration_error,
                  result.error_type);
    case InvocationResult::Kind::answered:
      break;
  }
  auto response = proxy_response(result.payload, api_.kind);
  if (!response) {
    around_.log("the endpoint's answer is malformed: " + response.error().sentence);
    return refuse(exchange, response.error().fault, std::string{name_of(response.error().fault)});
  }
  if (is_http_api(api_.kind) && !cors_.origins.empty())
    response->headers = with_cors(response->headers, exchange->cors);
  if (api_.kind == ApiKind::web_socket && response->status < 300)
    *response = handshake_answer(exchange->request.http, response->headers.first("Sec-WebSocket-Protocol"));
  response->headers.add(is_http_api(api_.kind) ? "apigw-requestid" : "x-amzn-RequestId", exchange->request.id);
  answer(exchange, *std::move(response));
}

void Gateway::refuse(const ExchangePointer& exchange, GatewayFault fault, std::string reason) {
  exchange->report.reason = std::move(reason);
  answer(exchange, own_answer(exchange, fault));
}

void Gateway::answer(const ExchangePointer& exchange, net::HttpResponse response) {
  send(exchange, std::move(response));
  around_.report(exchange->report);
}

void Gateway::send(const ExchangePointer& exchange, net::HttpResponse response) {
  exchange->report.tell(exchange->request, response.status, around_.now());
  exchange->respond(std::move(response));
}

}  // namespace portcullis::world
