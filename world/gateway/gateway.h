// The stand-in for API Gateway: a request in, the authorizer and the endpoint asked, an answer out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "edge/net/http_message.h"
#include "edge/net/http_server.h"
#include "world/functions/invocation.h"
#include "world/gateway/api.h"
#include "world/gateway/authorizer_cache.h"
#include "world/gateway/cors.h"
#include "world/gateway/gateway_responses.h"
#include "world/gateway/request_report.h"
#include "world/gateway/routed_request.h"

namespace portcullis::world {

/// One API of whatever kind. Order of checks (gateway.md §5.2, §6): sizes, preflight, route, WebSocket handshake,
/// identity present, policy from cache or authorizer, usage plan, stage throttling, endpoint. Single-threaded; must
/// outlive the calls it has made.
class Gateway {
 public:
  struct Surroundings {
    Invoke invoke;
    std::function<WallTime()> now;
    std::function<void(const RequestReport&)> report;  // once a request, at or after its answer
    std::function<void(std::string_view)> log;         // what AWS would write into its execution log
  };

  Gateway(GatewayApi api, CorsRules cors, Surroundings surroundings);
  void handle(net::HttpRequest request, net::Respond respond);
  /// Whether this request has its answer already, and its report is still to come.
  bool is_explaining(const std::string& request_id) const { return explaining_.contains(request_id); }

 private:
  struct Exchange;
  using ExchangePointer = std::shared_ptr<Exchange>;

  bool answer_preflight(const ExchangePointer& exchange, const std::string& path);
  bool refuse_handshake(const ExchangePointer& exchange);
  bool refuse_by_size(const ExchangePointer& exchange);
  void authorize(const ExchangePointer& exchange);
  void authorizer_answered(const ExchangePointer& exchange, const InvocationResult& result);
  void authorizer_failed(const ExchangePointer& exchange, const InvocationResult& result);
  void apply_policy(const ExchangePointer& exchange);
  void refuse_from_cache(const ExchangePointer& exchange, GatewayFault fault);
  void explained(const ExchangePointer& exchange, InvocationResult result);
  bool refuse_by_usage(const ExchangePointer& exchange);
  void integrate(const ExchangePointer& exchange);
  void integration_answered(const ExchangePointer& exchange, const InvocationResult& result);

  net::HttpResponse own_answer(const ExchangePointer& exchange, GatewayFault fault) const;
  void refuse(const ExchangePointer& exchange, GatewayFault fault, std::string reason);
  void answer(const ExchangePointer& exchange, net::HttpResponse response);
  void send(const ExchangePointer& exchange, net::HttpResponse response);

  GatewayApi api_;
  CorsRules cors_;
  Surroundings around_;
  AuthorizerCache cache_;
  UsageMeter usage_;
  std::unordered_set<std::string> explaining_;  // ids of requests
};

}  // namespace portcullis::world
