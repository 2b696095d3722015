// What the readers of the three kinds of template share: they fill one Deployment.
#pragma once

#include "edge/deployment/deployment.h"
#include "edge/deployment/values.h"

namespace portcullis::deployment {

struct Reading {
  explicit Reading(const Values& all) : values(all) {}

  const Values& values;
  Deployment found;
  enum class Size : std::uint8_t { usual, too_large } size = Size::usual;  // more than most_routes of anything

  /// The API of this name, made at its first mention.
  std::size_t api(const std::string& name, Flavour flavour, const TemplateNode& where);
  std::optional<std::size_t> authorizer(std::size_t api, std::string_view name) const;
  Authorizer& add_authorizer(std::size_t api, std::string name, const TemplateNode& where);
  /// Adds a route whose guard is still to be said. `method` in any case; "*", "any" and OpenAPI's word are ANY.
  Route& add_route(std::size_t api, std::string method, std::string path, const TemplateNode& where);
  /// Behind the authorizer of this name; where the template holds none, notes that at `where`.
  void guard_by(Route& route, std::string_view authorizer, const TemplateNode& where);

  void not_carried(const TemplateNode& where, std::string message);
  void mistake(const TemplateNode& where, std::string message);

  /// Settings of an authorizer. A `node` that is nothing leaves the default.
  void read_sources(Authorizer& authorizer, const TemplateNode* node);
  void read_cache(Authorizer& authorizer, const TemplateNode* node, std::int64_t usual);
  void read_payload(Authorizer& authorizer, const TemplateNode* node);
  void read_answer(Authorizer& authorizer, const TemplateNode* node);
  void read_expression(Authorizer& authorizer, const TemplateNode* node);
  std::vector<std::string> texts(const TemplateNode* node) const;  // one or a list; what is unclear is left out
};

/// REST APIs keep answers for so long unless told otherwise; HTTP APIs keep none. gateway.md §4.1.
inline constexpr std::int64_t rest_cache = 300;

/// `AWS::ApiGateway::*`, `AWS::ApiGatewayV2::*` and Lambda permissions, of CloudFormation and of what a Serverless
/// Framework file has under `resources`.
void read_native(Reading& reading, const TemplateNode& resources);
/// `AWS::Serverless::*`, with the `Globals` of the template.
void read_sam(Reading& reading, const TemplateNode& resources);
/// `functions` and `provider` of the Serverless Framework.
void read_serverless(Reading& reading);
/// Paths, security schemes and gateway responses of an OpenAPI document, for the API `api`.
void read_openapi(Reading& reading, std::size_t api, const TemplateNode& document);

/// Variables of the authorizers' functions, once these are known.
void read_variables(Reading& reading);

/// A REST API's own response of this type; `parameters`: what ResponseParameters holds.
void read_response(Reading& reading, std::size_t api, const TemplateNode& where, const std::string& type,
                   const TemplateNode* parameters, const TemplateNode* status);

/// The known mistakes of what was found (users.md §2.15), each at its place.
std::vector<RuleProblem> known_mistakes(const Deployment& deployment);

}  // namespace portcullis::deployment
