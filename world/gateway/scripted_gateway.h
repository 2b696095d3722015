// For the tests: a gateway whose functions answer from a script. It knows nothing of GoogleTest.
#pragma once

#include <boost/json/parse.hpp>
#include <optional>

#include "world/gateway/gateway.h"

namespace portcullis::world::test {

using Kind = InvocationResult::Kind;
using std::chrono::seconds;

inline InvocationResult answered(std::string payload) {
  return {Kind::answered, std::move(payload), {}, {}, {}, {}};
}
inline InvocationResult failed(std::string type, std::string message) {
  return {Kind::function_error, {}, std::move(type), std::move(message), {}, {}};
}

inline std::string policy(const std::string& effect, const std::vector<std::string>& resources) {
  std::string list;
  for (const std::string& resource : resources) list += (list.empty() ? "\"" : ",\"") + resource + '"';
  return R"({"principalId":"ada","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":")" + effect +
         R"(","Action":"execute-api:Invoke","Resource":[)" + list + "]}]}}";
}
inline std::string policy(const std::string& effect, const std::string& resource) {
  return policy(effect, std::vector{resource});
}

/// The authorizer of case C021: Allow for exactly the ARN it is asked about.
inline InvocationResult allow_what_is_asked(const std::string& event) {
  return answered(policy("Allow", std::string{boost::json::parse(event).at("methodArn").get_string()}));
}

inline GatewayApi test_api() {
  GatewayApi api;
  api.stages = {"dev", "prod"};
  AuthorizerSettings token{"token", AuthorizerSettings::Type::TOKEN, "authorizer", {}};
  token.identity.push_back(*IdentitySource::parse("method.request.header.Authorization"));
  api.authorizers.push_back(token);
  for (const char* path : {"/alpha", "/beta", "/", "/{long+}"})
    api.routes.push_back({"ANY", path, "endpoint", "token"});
  api.routes.push_back({"GET", "/open", "endpoint", std::nullopt});
  return api;
}

/// A gateway whose functions answer at once, from a script.
struct ScriptedGateway {
  explicit ScriptedGateway(GatewayApi api = test_api()) : described(std::move(api)) {}

  net::HttpResponse send(net::HttpRequest request) {
    std::optional<net::HttpResponse> got;
    gateway.handle(std::move(request), [&](net::HttpResponse response) { got = std::move(response); });
    return got.value_or(net::HttpResponse{0, {}, "no answer"});
  }
  net::HttpResponse get(std::string target, const std::string& token) {
    return send({"GET", std::move(target), {{"Authorization", token}}, {}, "192.0.2.1"});
  }

  void release_authorizer() {
    hold_authorizer = false;
    for (const auto& each : std::exchange(held, {})) each();
  }

  GatewayApi described;
  WallTime now{std::chrono::milliseconds{1'767'225'600'000}};
  std::function<InvocationResult(const std::string&)> authorizer = allow_what_is_asked;
  InvocationResult endpoint = answered(R"({"statusCode":200,"body":"hello"})");
  int authorizer_calls = 0;
  bool hold_authorizer = false;
  std::vector<std::function<void()>> held;
  std::string endpoint_event;
  std::vector<RequestReport> reports;
  std::string log;
  Gateway gateway{described, CorsRules{{"http://localhost:5173"}}, surroundings()};

  Gateway::Surroundings surroundings() {
    return {[this](const std::string& function, const std::string& event, const Invoked& done) {
              if (function == "endpoint") {
                endpoint_event = event;
                return done(endpoint);
              }
              ++authorizer_calls;
              held.emplace_back([this, event, done] { done(authorizer(event)); });
              if (!hold_authorizer) release_authorizer();
            },
            [this] { return now; }, [this](const RequestReport& report) { reports.push_back(report); },
            [this](std::string_view sentence) { log += sentence; }};
  }
};

}  // namespace portcullis::world::test
