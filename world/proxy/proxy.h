// A stand-in for a reverse proxy with forward authentication, as Traefik has it: each request is first put to an auth
// server, and the backend sees only what that lets through.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "edge/net/http_message.h"
#include "edge/net/http_server.h"
#include "world/functions/invocation.h"
#include "world/gateway/api.h"
#include "world/gateway/cors.h"
#include "world/gateway/request_report.h"
#include "world/proxy/auth_client.h"

namespace portcullis::world {

/// Single-threaded; must outlive the calls it has made. Order: preflight, auth server, route, backend. What the auth
/// server refuses is answered by its own words, as Traefik and Caddy do.
class Proxy {
 public:
  struct Surroundings {
    std::function<void(const net::HttpRequest& question, AuthClient::Answered)> ask;                 // the auth server
    std::function<void(const std::string& trace_id, std::function<void(DecisionRecord)>)> decision;  // by its log
    Invoke invoke;  // the backend: a function
    std::function<WallTime()> now;
    std::function<void(const RequestReport&)> report;  // once a request, after its answer
    std::function<void(std::string_view)> log;
  };

  /// @param backend  its one stage is the prefix of the proxy's paths, and is taken off
  Proxy(GatewayApi backend, CorsRules cors, Surroundings surroundings)
      : backend_(std::move(backend)), cors_(std::move(cors)), around_(std::move(surroundings)) {}

  /// Whether a target is the proxy's.
  bool serves(std::string_view target) const;
  void handle(net::HttpRequest request, net::Respond respond);

 private:
  struct Exchange;
  using ExchangePointer = std::shared_ptr<Exchange>;

  void judged(const ExchangePointer& exchange, const Result<net::HttpResponse, std::string>& answer);
  void act(const ExchangePointer& exchange, const net::HttpResponse& answered, DecisionRecord decision);
  void forward(const ExchangePointer& exchange, const net::HttpResponse& allowed);
  void backend_answered(const ExchangePointer& exchange, const InvocationResult& result);
  void fail(const ExchangePointer& exchange, std::string reason, const std::string& sentence);
  void answer(const ExchangePointer& exchange, net::HttpResponse response);

  GatewayApi backend_;
  CorsRules cors_;
  Surroundings around_;
};

}  // namespace portcullis::world
