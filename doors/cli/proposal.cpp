#include "doors/cli/proposal.h"

#include <algorithm>

#include "core/access/route_table.h"
#include "edge/config/access.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

using deployment::Authorizer;
using deployment::Deployment;
using deployment::Flavour;
using deployment::Known;
using deployment::Route;

std::string quoted(std::string_view text) {
  return std::move(JsonWriter{}.string(text)).text();
}

bool asks_a_function(const Authorizer& authorizer) {
  return authorizer.kind == Authorizer::Kind::token || authorizer.kind == Authorizer::Kind::request;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class Proposer {
 public:
  explicit Proposer(const Deployment& deployment) : deployment_(deployment) {}

  Proposal propose() {
    for (std::size_t i = 0; i < deployment_.routes.size(); ++i) add_route(i);
    for (const Authorizer& authorizer : deployment_.authorizers) {
      if (asks_a_function(authorizer)) add_settings(authorizer);
      if (authorizer.kind == Authorizer::Kind::jwt) add_issuer(authorizer);
      if (authorizer.kind == Authorizer::Kind::cognito)
        lose(authorizer.place, "the user pool of '" + authorizer.name +
                                   "': write it under issuers, https://cognito-idp.REGION.amazonaws.com/POOL");
    }
    return std::move(made_);
  }

 private:
  void lose(const Place& place, std::string what) { made_.not_carried.push_back({place, std::move(what)}); }

  void add_route(std::size_t index) {
    const Route& route = deployment_.routes[index];
    if (route.answered == Route::Answered::by_gateway && route.guard == Route::Guard::none) return;
    if (route.guard == Route::Guard::iam) {
      lose(route.place, route.key() + " is protected by AWS signatures (AWS_IAM), which no rule can ask for");
      return;
    }
    ProposedRoute proposed{route.key(), ProposedRoute::Access::authenticated, {}, route.place, index};
    if (route.guard == Route::Guard::none) proposed.access = ProposedRoute::Access::public_access;
    if (!put_scopes(route, proposed)) return;
    if (route.path != "$default") {
      add(std::move(proposed));
      return;
    }
    for (const char* everything : {"ANY /", "ANY /{path+}"}) {
      proposed.route = everything;
      add(proposed);
    }
  }

  // Only the gateway's own authorizers judge scopes: any one of the list is enough for them.
  bool put_scopes(const Route& route, ProposedRoute& proposed) {
    if (!route.authorizer || route.scopes.empty() || asks_a_function(deployment_.authorizers[*route.authorizer]))
      return true;
    for (const std::string& scope : route.scopes) {
      if (!config::parse_atom("scope:" + scope)) {
        lose(route.place, route.key() + ", whose scopes cannot be written");
        return false;
      }
      proposed.scopes.push_back(scope);
    }
    proposed.access = ProposedRoute::Access::scopes;
    return true;
  }

  void add(ProposedRoute proposed) {
    const auto pattern = RoutePattern::parse(proposed.route);
    if (!pattern) {
      lose(proposed.place, quoted(proposed.route) + ": " + pattern.error());
      return;
    }
    const auto same = table_.add(*pattern, static_cast<RouteIndex>(made_.routes.size()));
    if (!same) {
      made_.routes.push_back(std::move(proposed));
      return;
    }
    ProposedRoute& first = made_.routes[*same];
    if (first.access == proposed.access && first.scopes == proposed.scopes) return;
    lose(proposed.place,
         quoted(proposed.route) + " has another rule at " + first.place + "; the stricter one is taken");
    if (proposed.access > first.access) first = std::move(proposed);
  }

  // A TOKEN authorizer gets its header as the token, whatever it is called.
  void look_for_credential(const Authorizer& authorizer) {
    if (authorizer.kind != Authorizer::Kind::request || authorizer.sources_known != Known::written) return;
    for (const std::string& source : authorizer.sources)
      if (const std::size_t dot = source.rfind('.'); dot != source.npos && is_read(source.substr(dot + 1))) return;
    lose(authorizer.sources_place, "where '" + authorizer.name +
                                       "' finds its token: portcullis takes one from the Authorization header, in a "
                                       "WebSocket's handshake also from Sec-WebSocket-Protocol");
  }

  static bool is_read(std::string name) {
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name == "authorization" || name == "sec-websocket-protocol";
  }

  void add_settings(const Authorizer& authorizer) {
    using HttpApi = Proposal::Lambda::HttpApi;
    const bool http = deployment_.apis[authorizer.api].flavour == Flavour::http && authorizer.payload != "1.0";
    const HttpApi form = authorizer.answer == Authorizer::Answer::simple ? HttpApi::simple : HttpApi::policy;
    look_for_credential(authorizer);
    for (const std::string& name : authorizer.variables)
      if (std::find(made_.variables.begin(), made_.variables.end(), name) == made_.variables.end())
        made_.variables.push_back(name);
    if (!made_.lambda) made_.lambda = Proposal::Lambda{};
    made_.lambda->cache = std::max(made_.lambda->cache, authorizer.cache);
    if (!http) return;
    if (answers_ && made_.lambda->http_api != form)
      lose(authorizer.place, "one authorizer answers simply and another by a policy; lambda.http_api is one of them");
    answers_ = true;
    made_.lambda->http_api = form;
  }

  // What begins with env: or file: would be read from the machine that loads it.
  void add_issuer(const Authorizer& authorizer) {
    std::vector<std::string> audiences;
    for (const std::string& audience : authorizer.audiences)
      if (!audience.empty() && !audience.starts_with("env:") && !audience.starts_with("file:"))
        audiences.push_back(audience);
    const bool known = std::any_of(made_.issuers.begin(), made_.issuers.end(),
                                   [&](const ProposedIssuer& one) { return one.issuer == authorizer.issuer; });
    if (!authorizer.issuer.starts_with("https://") || audiences.empty()) {
      lose(authorizer.place,
           "the issuer or the audience of '" + authorizer.name + "' is not known before it is deployed");
    } else if (known) {
      lose(authorizer.place, "the audiences of '" + authorizer.name + "': its issuer stands above with others");
    } else {
      made_.issuers.push_back({authorizer.issuer, std::move(audiences), authorizer.place});
    }
  }

  const Deployment& deployment_;
  Proposal made_;
  RouteTable table_;
  bool answers_ = false;
};

}  // namespace

Proposal propose(const Deployment& deployment) {
  return Proposer{deployment}.propose();
}

std::string text_of(const ProposedRoute& route) {
  if (route.access == ProposedRoute::Access::public_access) return "public";
  if (route.access == ProposedRoute::Access::authenticated) return "authenticated";
  std::string text;
  for (const std::string& scope : route.scopes) text += (text.empty() ? "" : ", ") + quoted("scope:" + scope);
  return "{ any: [" + text + "] }";
}

std::string yaml_of(const Proposal& proposal) {
  std::string text;
  if (!proposal.issuers.empty())
    text += "issuers:\n";
  else if (proposal.variables.empty())
    text +=
        "# issuers: whose tokens are accepted does not stand in a template. Write them here, or set AUTH0_DOMAIN and\n"
        "# AUTH0_AUDIENCE where this is loaded.\n";
  else
    text +=
        "# issuers: the variables of the authorizer's function that are understood here too say whose tokens are\n"
        "# accepted, so leave them set: " +
        joined(proposal.variables) + ".\n";
  for (const ProposedIssuer& issuer : proposal.issuers) {
    text += "  - issuer: " + quoted(issuer.issuer) + "\n    audience: [";
    for (const std::string& audience : issuer.audiences)
      text += (&audience == issuer.audiences.data() ? "" : ", ") + quoted(audience);
    text += "]\n";
  }
  text += proposal.routes.empty() ? "\nroutes: []\n" : "\nroutes:\n";
  for (const ProposedRoute& route : proposal.routes)
    text += "  - route: " + quoted(route.route) + "\n    access: " + text_of(route) + '\n';
  text += "default: deny\n";
  if (proposal.lambda)
    text += "lambda: { cache: " + std::to_string(proposal.lambda->cache) + "s" +
            (proposal.lambda->http_api == Proposal::Lambda::HttpApi::policy ? ", http_api: policy" : "") + " }\n";
  return text;
}

}  // namespace portcullis::cli
