// What a template deploys, as far as it is about who may call what: APIs, their routes, their authorizers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis::deployment {

enum class Flavour : std::uint8_t { rest, http, web_socket };
std::string_view word_of(Flavour flavour) noexcept;  // "REST API" …

/// Whether a setting is written, is the service's default, or cannot be known before it is deployed.
enum class Known : std::uint8_t { written, by_default, unclear };

/// The gateway's own answer of one type (a REST API's). gateway.md §5.1.
struct GatewayResponse {
  Place place;
  enum class Readable : std::uint8_t { no, yes } readable = Readable::no;  // by scripts: has Allow-Origin
  enum class Status : std::uint8_t { standard, changed } status = Status::standard;
};

struct Api {
  std::string name;  // its logical id
  Flavour flavour;
  Place place;
  enum class Browsers : std::uint8_t { unseen, seen } browsers = Browsers::unseen;  // seen: something speaks of CORS
  enum class Preflight : std::uint8_t {
    routed,    // an OPTIONS request takes a route like any other
    answered,  // by the gateway, before any authorizer (an HTTP API's CORS, what a framework adds to a REST API)
    guarded,   // what the framework adds stands behind the authorizer
  } preflight = Preflight::routed;
  std::map<std::string, GatewayResponse> responses;  // by type
};

struct Authorizer {
  std::string name;
  std::size_t api;  // index in Deployment::apis
  Place place;

  std::vector<std::string> sources;  // identity sources, as the service spells them
  Place sources_place;
  std::int64_t cache = 0;  // seconds; where unclear 3600, the longest
  Place cache_place;
  std::string payload;                    // "1.0", "2.0"; empty: not written
  std::optional<std::string> expression;  // identityValidationExpression
  Place expression_place;
  std::string function;                // its logical id; empty: of elsewhere
  std::vector<std::string> variables;  // of its function: those that portcullis understands, by name
  std::string issuer;                  // of a JWT authorizer
  std::vector<std::string> audiences;

  enum class Kind : std::uint8_t { token, request, jwt, cognito, unclear } kind = Kind::unclear;
  enum class Answer : std::uint8_t { policy, simple } answer = Answer::policy;
  enum class Permission : std::uint8_t {
    given,   // the gateway may invoke the function, or nothing says that it may not
    sought,  // while reading: somewhere in the template there must be one
    missing,
  } permission = Permission::given;
  Known sources_known = Known::by_default;
  Known cache_known = Known::by_default;
  Known answer_known = Known::by_default;
};

struct Route {
  std::string method, path;  // "GET", "/orders/{id}"; "$default" and "$connect" have no method
  std::size_t api;           // index in Deployment::apis
  Place place;
  enum class Guard : std::uint8_t {
    none,
    authorizer,  // `authorizer`, or one that the template does not hold
    iam,         // AWS signatures
    unclear,
  } guard = Guard::none;
  std::optional<std::size_t> authorizer;  // index in Deployment::authorizers
  std::vector<std::string> scopes;        // one of them must be there
  enum class Answered : std::uint8_t { behind, by_gateway } answered = Answered::behind;  // by_gateway: a preflight

  std::string key() const { return method.empty() ? path : method + ' ' + path; }
};

struct Deployment {
  std::vector<Api> apis;
  std::vector<Authorizer> authorizers;
  std::vector<Route> routes;
  std::vector<RuleProblem> not_carried;  // what the template says and this does not hold
  std::vector<RuleProblem> mistakes;     // the known ones that it makes
};

/// Of routes, of authorizers, of APIs; several times what API Gateway has room for in one stack.
inline constexpr std::size_t most_routes = 2'000;

/// Reads a template of CloudFormation (AWS::Serverless resources too), of the Serverless Framework, or an OpenAPI
/// document with API Gateway's extensions.
/// @param file  its name, for places
/// @returns why it is none of them, with FILE:LINE:COLUMN
Result<Deployment, std::vector<RuleProblem>> read_deployment(const std::string& file, const std::string& text);

}  // namespace portcullis::deployment
