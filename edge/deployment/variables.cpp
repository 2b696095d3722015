// The environment of an authorizer's function: names that mean something here too. Values are never read.
#include <algorithm>
#include <array>

#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr std::array<std::string_view, 4> understood{"AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_CLIENT_ID",
                                                     "AUTH0_CLIENT_PUBLIC_KEY"};

struct Translation {
  std::string_view name, key;
};
/// What other authorizers call it (users.md §4.1).
constexpr std::array<Translation, 8> elsewhere{{{"TOKEN_ISSUER", "issuer"},
                                                {"ISSUER", "issuer"},
                                                {"ISSUER_BASE_URL", "issuer"},
                                                {"AUTH0_ISSUER_BASE_URL", "issuer"},
                                                {"ACCEPTED_ISSUERS", "issuer"},
                                                {"JWKS_URI", "jwks_uri"},
                                                {"AUDIENCE", "audience"},
                                                {"ACCEPTED_AUDIENCES", "audience"}}};

/// The value below these keys, one in the other.
const TemplateNode* below(const Values& values, std::initializer_list<std::string_view> keys) {
  const TemplateNode* node = &values.root();
  for (const std::string_view key : keys) {
    node = values.followed(node->find(key));
    if (!node) return nullptr;
  }
  return node;
}

void read_variables(Reading& reading, Authorizer& authorizer, const TemplateNode& environment) {
  for (const auto& [name, value] : environment.members) {
    const bool known = std::find(understood.begin(), understood.end(), name.text) != understood.end();
    const auto& kept = authorizer.variables;
    if (known && std::find(kept.begin(), kept.end(), name.text) == kept.end())
      authorizer.variables.push_back(name.text);
    for (const Translation& one : elsewhere)
      if (one.name == name.text)
        reading.not_carried(
            name, name.text + " of the authorizer's function: write it under issuers, as " + std::string{one.key});
  }
}

}  // namespace

void read_variables(Reading& reading) {
  const Values& values = reading.values;
  std::vector<std::string> done;  // a function may serve several authorizers
  for (Authorizer& authorizer : reading.found.authorizers) {
    const std::string& function = authorizer.function;
    if (function.empty() || std::find(done.begin(), done.end(), function) != done.end()) continue;
    done.push_back(function);
    const bool held = below(values, {"Resources", function}) || below(values, {"functions", function});
    for (const TemplateNode* environment :
         {below(values, {"Resources", function, "Properties", "Environment", "Variables"}),
          below(values, {"functions", function, "environment"}),
          held ? below(values, {"Globals", "Function", "Environment", "Variables"}) : nullptr,
          held ? below(values, {"provider", "environment"}) : nullptr})
      if (environment) read_variables(reading, authorizer, *environment);
  }
}

}  // namespace portcullis::deployment
