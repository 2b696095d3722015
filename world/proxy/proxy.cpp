#include "world/proxy/proxy.h"

#include <boost/json/parse.hpp>

#include "edge/system/random.h"
#include "portcullis/json_writer.h"
#include "world/gateway/proxy_integration.h"
#include "world/proxy/forward_auth.h"

namespace portcullis::world {
namespace {

constexpr std::string_view no_value = "-";  // of an identity header (gateway.md §8.1)

net::HttpResponse own_answer(int status, std::string_view message) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          JsonWriter{}.begin_object().key("message").string(message).end_object().text()};
}

/// Where its log says nothing: the member of problem details that names our reasons.
std::string reason_of(const net::HttpResponse& answer) {
  if (answer.status == 200) return "ok";
  boost::system::error_code problem;
  const auto body = boost::json::parse(answer.body, problem);
  const auto* reason = !problem && body.is_object() ? body.get_object().if_contains("reason") : nullptr;
  return reason && reason->is_string() ? std::string{reason->get_string()} : "refused";
}

}  // namespace

/// One request on its way. Lives until its report is made.
struct Proxy::Exchange {
  RoutedRequest request;
  net::Respond respond;
  net::Headers cors, limits;
  RequestReport report;
};

bool Proxy::serves(std::string_view target) const {
  return split_stage(target).stage == backend_.stages.front();
}

void Proxy::handle(net::HttpRequest request, net::Respond respond) {
  const auto exchange = std::make_shared<Exchange>();
  exchange->respond = std::move(respond);
  exchange->cors = cors_headers(cors_, request);
  RoutedRequest& routed = exchange->request;
  routed.id = system::random_hex(16);
  routed.received = around_.now();
  routed.http = std::move(request);
  const StagedPath staged = split_stage(routed.http.target);
  routed.stage = staged.stage;
  routed.path = staged.path;
  if (is_preflight(routed.http)) {
    exchange->report.reason = "preflight";
    return answer(exchange, preflight_response(cors_, routed.http, {"ANY"}));
  }
  const auto query = routed.http.target.find('?');
  std::string target = routed.path;
  if (query != std::string::npos) {
    target += routed.http.target.substr(query);
    routed.query = parse_form(std::string_view{routed.http.target}.substr(query + 1));
  }
  exchange->report.asked = RequestReport::Asked::fresh;
  around_.ask(auth_question(routed.http, target, routed.id),
              [this, exchange](const Result<net::HttpResponse, std::string>& answered) { judged(exchange, answered); });
}

void Proxy::judged(const ExchangePointer& exchange, const Result<net::HttpResponse, std::string>& answered) {
  if (!answered) return fail(exchange, "auth_server_unavailable", "portcullis serve: " + answered.error());
  around_.decision(exchange->request.id, [this, exchange, answer = *answered](DecisionRecord decision) {
    act(exchange, answer, std::move(decision));
  });
}

/// Exactly 200 lets through (gateway.md §8.1), and nothing else does.
void Proxy::act(const ExchangePointer& exchange, const net::HttpResponse& answered, DecisionRecord decision) {
  RequestReport& report = exchange->report;
  if (!decision.reason.empty()) report.decided_by = exchange->request.id;
  report.reason = decision.reason.empty() ? reason_of(answered) : std::move(decision.reason);
  report.detail = std::move(decision.detail);
  report.missing = std::move(decision.missing);
  report.trace = std::move(decision.trace);
  if (answered.status == 200) return forward(exchange, answered);
  answer(exchange, {answered.status, end_to_end(answered.headers), answered.body});
}

void Proxy::forward(const ExchangePointer& exchange, const net::HttpResponse& allowed) {
  RoutedRequest& request = exchange->request;
  exchange->limits = limit_headers(allowed.headers);
  const auto match = find_route(backend_, request.http.method, request.path);
  if (!match) {
    exchange->report.reason = "resource_not_found";
    return answer(exchange, own_answer(404, "Not Found"));
  }
  request.match = *match;
  request.http.headers = backend_headers(request.http.headers, allowed.headers);
  AuthorizerAnswer caller;  // how a function is told who calls
  caller.context_json = "null";
  caller.principal = allowed.headers.first("X-Auth-Subject");
  if (caller.principal == no_value) caller.principal.clear();
  around_.invoke(match->route->function,
                 proxy_event(request, backend_, Authorized{&caller, std::chrono::milliseconds{0}}),
                 [this, exchange](const InvocationResult& result) { backend_answered(exchange, result); });
}

void Proxy::backend_answered(const ExchangePointer& exchange, const InvocationResult& result) {
  if (result.kind != InvocationResult::Kind::answered)
    return fail(exchange, "backend_unavailable", "the backend failed: " + result.error_type);
  auto response = proxy_response(result.payload, backend_.kind);
  if (!response) return fail(exchange, "backend_unavailable", "the backend's answer: " + response.error().sentence);
  answer(exchange, *std::move(response));
}

void Proxy::fail(const ExchangePointer& exchange, std::string reason, const std::string& sentence) {
  around_.log(sentence);
  exchange->report.reason = std::move(reason);
  answer(exchange, own_answer(500, "Internal Server Error"));  // as Traefik has it
}

void Proxy::answer(const ExchangePointer& exchange, net::HttpResponse response) {
  RequestReport& report = exchange->report;
  report.tell(exchange->request, response.status, around_.now());
  if (report.reason != "preflight") response.headers = with_cors(response.headers, exchange->cors);
  for (const auto& [name, value] : exchange->limits) response.headers.add(name, value);
  response.headers.add("X-Request-Id", report.id);
  exchange->respond(std::move(response));
  around_.report(report);
}

}  // namespace portcullis::world
