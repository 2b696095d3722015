#include <algorithm>
#include <cstdlib>

#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr const char* no_template =
    "neither a CloudFormation template (Resources), a Serverless Framework file (provider, functions) nor an OpenAPI "
    "document (openapi, paths)";

// An HTTP API takes JWT authorizers and payload versions; a document by itself does not say whose body it is.
Flavour flavour_of(const Values& values) {
  const TemplateNode* components = values.root().find("components");
  const TemplateNode* schemes = components ? components->find("securitySchemes") : nullptr;
  if (!schemes) return Flavour::rest;
  for (const Member& scheme : schemes->members) {
    const TemplateNode* settings = scheme.value.find("x-amazon-apigateway-authorizer");
    if (settings && (values.text(settings->find("type")) == "jwt" || settings->find("authorizerPayloadFormatVersion")))
      return Flavour::http;
  }
  return Flavour::rest;
}

// `claims` and `jwt` are what Cognito and JWT authorizers hand over; a function's context has names of its own, and a
// REST API hands over strings only. users.md §2.16
void look_for_claims(Reading& reading, const TemplateNode& node) {
  if (node.is_scalar())
    for (const char* name : {"context.authorizer.claims", "context.authorizer.jwt"})
      if (node.text.find(name) != node.text.npos)
        reading.mistake(node, std::string{name} +
                                  " is empty behind a Lambda authorizer: use $context.authorizer.NAME, and "
                                  "list the claim in lambda.context");
  for (const TemplateNode& item : node.items) look_for_claims(reading, item);
  for (const Member& member : node.members) look_for_claims(reading, member.value);
}

// One configuration has one table of routes, whichever API asks.
void note_several_apis(Reading& reading) {
  std::vector<const Api*> asked;
  for (std::size_t i = 0; i < reading.found.apis.size(); ++i)
    for (const Route& route : reading.found.routes)
      if (route.api == i && (asked.empty() || asked.back() != &reading.found.apis[i]))
        asked.push_back(&reading.found.apis[i]);
  if (asked.size() > 1)
    reading.found.not_carried.push_back(
        {asked[1]->place, "which API a route belongs to: " + std::to_string(asked.size()) +
                              " APIs share one table of routes here, and a rule of one counts for all. Where their "
                              "paths differ in meaning, give each a configuration of its own"});
}

/// LINE and COLUMN of FILE:LINE:COLUMN.
std::pair<int, int> position(const Place& place) {
  const std::size_t column = place.rfind(':');
  const std::size_t line = place.rfind(':', column - 1);
  return {std::atoi(place.c_str() + line + 1), std::atoi(place.c_str() + column + 1)};
}

void sort_by_place(std::vector<RuleProblem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const RuleProblem& a, const RuleProblem& b) { return position(a.place) < position(b.place); });
}

bool only_functions_decide(const Deployment& deployment) {
  for (const Authorizer& authorizer : deployment.authorizers)
    if (authorizer.kind != Authorizer::Kind::token && authorizer.kind != Authorizer::Kind::request) return false;
  return !deployment.authorizers.empty();
}

}  // namespace

Result<Deployment, std::vector<RuleProblem>> read_deployment(const std::string& file, const std::string& text) {
  auto root = parse_template(file, text);
  if (!root) return std::move(root).error();
  const Values values{file, *root};
  Reading reading{values};
  const TemplateNode* provider = values.followed(root->find("provider"));
  if (const TemplateNode* resources = root->find("Resources"); resources && resources->is_mapping()) {
    read_sam(reading, *resources);
    read_native(reading, *resources);
  } else if (provider && (root->find("functions") || root->find("service"))) {
    const TemplateNode* cloud = provider->is_mapping() ? provider->find("name") : provider;
    if (cloud && cloud->text != "aws")
      return std::vector<RuleProblem>{{values.place(*cloud), "only the provider aws is understood"}};
    read_serverless(reading);
  } else if (const TemplateNode* paths = root->find("paths");
             paths && (root->find("openapi") || root->find("swagger"))) {
    read_openapi(reading, reading.api("openapi", flavour_of(values), *paths), *root);
  } else {
    return std::vector<RuleProblem>{{file + ":1:1", no_template}};
  }
  if (reading.size == Reading::Size::too_large)
    return std::vector<RuleProblem>{
        {file + ":1:1", "more than " + std::to_string(most_routes) + " routes, authorizers or APIs"}};
  read_variables(reading);
  if (only_functions_decide(reading.found)) look_for_claims(reading, *root);
  if (reading.found.apis.size() > 1) note_several_apis(reading);
  for (RuleProblem& mistake : known_mistakes(reading.found)) reading.found.mistakes.push_back(std::move(mistake));
  sort_by_place(reading.found.mistakes);
  sort_by_place(reading.found.not_carried);
  return std::move(reading.found);
}

}  // namespace portcullis::deployment
