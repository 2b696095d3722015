// The whole local world: tenant, gateway and functions on one event loop (design.md §5).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world/functions/lambda_service.h"
#include "world/gateway/gateway.h"
#include "world/local_api.h"
#include "world/localhost.h"
#include "world/page/auth0_tenant.h"
#include "world/page/decision_feed.h"
#include "world/page/page.h"
#include "world/proxy/auth_server.h"
#include "world/proxy/proxy.h"
#include "world/state_directory.h"
#include "world/tenant/tenant.h"

namespace portcullis::world {

struct WorldOptions {
  std::uint16_t port = 3000;          // 0: any free one
  std::uint16_t tenant_port = 3001;   // likewise
  std::optional<std::string> listen;  // an address beyond loopback, for containers
  std::string state;                  // directory
  AuthorizerSettings::Type authorizer = AuthorizerSettings::Type::TOKEN;
  std::optional<IdentityExpression> identity_expression;  // of a TOKEN authorizer: what the header must be
  AnswerForms answers;
  UsageLimits limits;
  std::string bootstrap;                  // the functions' executable
  std::string portcullis;                 // the command line tool: portcullis serve, and the lines to copy
  std::string page;                       // directory of the page's files
  std::optional<Auth0Tenant> auth0;       // whose tokens the API takes; none: the stand-in's
  std::vector<std::string> page_origins;  // of other pages that may log in and read decisions
};

/// Single-threaded. Destroying it ends the children and the servers.
class LocalWorld {
 public:
  /// Where the world speaks: lines without their line end.
  struct Terminal {
    std::function<void(std::string_view)> say;   // what it offers, then a line a request
    std::function<void(std::string_view)> note;  // warnings
    Colours colours = Colours::off;
  };

  LocalWorld(net::EventLoop& loop, WorldOptions options, Terminal terminal);

  /// Opens everything and says what there is. @returns why not, as a sentence
  Result<Done, std::string> open();

 private:
  Result<Done, std::string> open_ports();
  Result<Done, std::string> open_tenant();
  Result<Done, std::string> add_functions();
  std::optional<ServeSockets> serve_sockets() const;
  Result<Done, std::string> open_proxy();
  void open_gateways();
  template <class Surroundings>
  void surround(Surroundings& around);
  Gateway& gateway_of(std::string_view target);
  void open_decisions();
  void open_page();
  void serve_gateway_port(net::HttpRequest request, net::Respond respond);
  void note_moved_ports() const;
  void note_missing_page() const;
  void introduce() const;
  void introduce_tenant() const;
  void introduce_people() const;
  void introduce_proxy() const;
  void introduce_other_apis() const;
  void introduce_tries() const;

  net::EventLoop& loop_;
  WorldOptions options_;
  Terminal terminal_;
  Exposure exposure_;
  People people_;
  std::uint16_t port_ = 0, tenant_port_ = 0;
  std::optional<StateDirectory> state_;
  std::optional<Tenant> tenant_;
  std::list<std::pair<std::string_view, Gateway>> gateways_;  // by stage; the REST API's is the first
  std::optional<Page> page_;
  std::optional<DecisionFeed> decisions_;
  std::optional<Proxy> proxy_;  // where there is a program to ask
  LambdaService functions_;     // after the gateway: its children end first
  std::unique_ptr<AuthServer> auth_server_;
  std::unique_ptr<net::HttpServer> tenant_server_, gateway_server_;
};

}  // namespace portcullis::world
