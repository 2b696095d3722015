#include "world/local_world.h"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "edge/system/clock.h"
#include "edge/system/files.h"
#include "edge/system/random.h"
#include "world/encoding/loopback.h"

namespace portcullis::world {
namespace {

using std::chrono::seconds;

constexpr seconds authorizer_timeout{5};  // gateway.md §1.2
constexpr seconds endpoint_timeout{10};
constexpr std::size_t people_column = 33;

WallTime wall_time() {
  return system::read_clocks().wall;
}

std::string padded(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// For a line that people copy into a shell.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@=";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return quoted + "'";
}

std::string localhost_origin(std::uint16_t port) {
  return "http://localhost:" + std::to_string(port);
}

}  // namespace

LocalWorld::LocalWorld(net::EventLoop& loop, WorldOptions options, Terminal terminal)
    : loop_(loop),
      options_(std::move(options)),
      terminal_(std::move(terminal)),
      exposure_(!options_.listen || is_loopback(*options_.listen) ? Exposure::loopback : Exposure::network),
      people_(exposure_ == Exposure::loopback ? known_people() : people_with_random_secrets()),
      functions_(loop) {}

Result<Done, std::string> LocalWorld::open() {
  if (auto opened = open_ports(); !opened) return opened;  // the issuer and the functions follow the ports
  auto state = StateDirectory::open(options_.state, std::to_string(port_));
  if (!state) return state.error();
  state_.emplace(*std::move(state));
  if (auto opened = open_tenant(); !opened) return opened;
  open_page();
  open_decisions();
  open_gateways();
  if (auto added = add_functions(); !added) return added;
  if (auto opened = open_proxy(); !opened) return opened;
  note_moved_ports();
  note_missing_page();
  introduce();
  return Done{};
}

Result<Done, std::string> LocalWorld::open_ports() {
  const auto addresses = listen_addresses(options_.listen);
  net::ServerLimits gateway_limits;
  gateway_limits.body_bytes =
      10 * 1024 * 1024 + 64 * 1024;  // a little more than the gateway allows, so that it can say so
  auto gateway = listen_on(
      loop_, gateway_limits,
      [this](net::HttpRequest request, net::Respond respond) {
        serve_gateway_port(std::move(request), std::move(respond));
      },
      addresses, options_.port);
  if (!gateway) return gateway.error();
  net::ServerLimits tenant_limits;
  tenant_limits.body_bytes = 64 * 1024;
  auto tenant = listen_on(
      loop_, tenant_limits,
      [this](const net::HttpRequest& request, const net::Respond& respond) { respond(tenant_->answer(request)); },
      addresses, options_.tenant_port);
  if (!tenant) return tenant.error();
  gateway_server_ = std::move(gateway->server);
  tenant_server_ = std::move(tenant->server);
  port_ = gateway->port;
  tenant_port_ = tenant->port;
  return Done{};
}

Result<Done, std::string> LocalWorld::open_tenant() {
  auto mint = Mint::open(state_->keys());
  if (!mint) return mint.error();
  const std::string origin = localhost_origin(tenant_port_);
  people_.allow_page(page_client, localhost_origin(port_));
  for (const std::string& page : options_.page_origins) people_.allow_page(page_client, page);
  std::string secret;
  if (exposure_ == Exposure::loopback) {
    secret = system::random_hex(32);
    if (auto written = system::write_file(state_->control_secret(), secret, 0600); !written) return written;
  }
  tenant_.emplace(TenantSettings{origin + '/', people_, exposure_}, *std::move(mint), TenantClock{wall_time},
                  TenantControl{std::move(secret)});
  return Done{};
}

void LocalWorld::open_page() {
  const std::string local = localhost_origin(tenant_port_);
  LoginTenant tenant{local, local, std::string{page_client}, std::string{demo_audience}};
  if (options_.auth0)
    tenant = {options_.auth0->origin(), options_.auth0->domain, options_.auth0->client_id, options_.auth0->audience};
  page_.emplace(localhost_origin(port_), std::move(tenant), StaticFiles{options_.page});
}

void LocalWorld::open_decisions() {
  DecisionFeed::Settings settings;
  settings.origins = options_.page_origins;
  settings.origins.push_back(localhost_origin(port_));
  settings.exposure = exposure_;
  settings.is_coming = [this](const std::string& id) {
    return std::ranges::any_of(gateways_, [&](const auto& each) { return each.second.is_explaining(id); });
  };
  decisions_.emplace(loop_, std::move(settings));
}

/// What gateways and the proxy have in common: the functions behind them, and who is told of requests.
template <class Surroundings>
void LocalWorld::surround(Surroundings& around) {
  around.invoke = [this](const std::string& function, std::string event, Invoked done) {
    functions_.invoke(function, std::move(event), std::move(done));
  };
  around.now = wall_time;
  around.report = [this](const RequestReport& report) {
    decisions_->keep(report);
    terminal_.say(request_line(report, terminal_.colours));
  };
  around.log = [this](std::string_view sentence) { terminal_.note(printable(sentence)); };
}

void LocalWorld::open_gateways() {
  Gateway::Surroundings around;
  surround(around);
  const auto open = [&](std::string_view stage, GatewayApi&& api) {
    gateways_.emplace_back(std::piecewise_construct, std::forward_as_tuple(stage),
                           std::forward_as_tuple(std::move(api), CorsRules{}, around));
  };
  GatewayApi rest = local_api(options_.authorizer, options_.answers, options_.limits);
  rest.authorizers.front().expression = options_.identity_expression;
  open(local_stage, std::move(rest));
  open(http_stage, local_http_api(ApiKind::http_2, options_.answers, options_.limits));
  open(http_1_stage, local_http_api(ApiKind::http_1, options_.answers, options_.limits));
  open(web_socket_stage, local_web_socket_api(options_.limits));
}

Result<Done, std::string> LocalWorld::add_functions() {
  const std::string config = state_->config();
  const auto serve = serve_sockets();
  const std::string yaml = options_.auth0 ? local_config(*options_.auth0, options_.answers, serve)
                                          : local_config(localhost_origin(tenant_port_) + '/', options_.answers, serve);
  if (auto written = system::write_file(config, yaml, 0600); !written) return written;
  for (const std::string_view name : {authorizer_function, public_function, private_function}) {
    FunctionSettings settings;
    settings.name = name;
    settings.handler = name;
    settings.program = options_.bootstrap;
    settings.environment = {"PORTCULLIS_CONFIG=" + config, "PORTCULLIS_DEVELOPMENT=1", "PORTCULLIS_TRACE=1",
                            "PORTCULLIS_LOG=info"};
    settings.log_path = state_->logs() + '/' + settings.name + ".log";
    settings.timeout = name == authorizer_function ? authorizer_timeout : endpoint_timeout;
    if (auto added = functions_.add(std::move(settings)); !added) return added;
  }
  return Done{};
}

/// Nothing where no auth server can be: the program is not there, or the sockets' paths are too long.
std::optional<ServeSockets> LocalWorld::serve_sockets() const {
  ServeSockets sockets{state_->serve_socket(), state_->admin_socket()};
  const std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  const bool short_enough = sockets.listen.size() <= longest && sockets.admin.size() <= longest;
  if (!short_enough || access(options_.portcullis.c_str(), X_OK) != 0) return std::nullopt;
  return sockets;
}

Result<Done, std::string> LocalWorld::open_proxy() {
  const auto sockets = serve_sockets();
  if (!sockets) return Done{};
  auto server =
      AuthServer::create(loop_, {options_.portcullis, state_->config(), sockets->listen, state_->logs() + "/serve.log"},
                         [this](std::string_view sentence) { terminal_.note(printable(sentence)); });
  if (!server) return server.error();
  auth_server_ = *std::move(server);
  Proxy::Surroundings around;
  around.ask = [this](const net::HttpRequest& question, AuthClient::Answered done) {
    auth_server_->ask(question, std::move(done));
  };
  around.decision = [this](const std::string& trace, AuthServer::Heard heard) {
    auth_server_->decision_of(trace, std::move(heard));
  };
  surround(around);
  proxy_.emplace(proxied_api(), CorsRules{}, std::move(around));
  return Done{};
}

void LocalWorld::serve_gateway_port(net::HttpRequest request, net::Respond respond) {
  if (DecisionFeed::serves(request)) return decisions_->answer(request, std::move(respond));
  if (auto page = page_->answer(request)) return respond(*std::move(page));
  if (proxy_ && proxy_->serves(request.target)) return proxy_->handle(std::move(request), std::move(respond));
  Gateway& gateway = gateway_of(request.target);
  gateway.handle(std::move(request), std::move(respond));
}

/// What no stage takes is the REST API's to refuse.
Gateway& LocalWorld::gateway_of(std::string_view target) {
  const std::string stage = split_stage(target).stage;
  const auto found = std::ranges::find(gateways_, std::string_view{stage}, [](const auto& each) { return each.first; });
  return found == gateways_.end() ? gateways_.front().second : found->second;
}

void LocalWorld::note_moved_ports() const {
  const auto moved = [&](std::uint16_t wanted, std::uint16_t got) {
    if (wanted != 0 && wanted != got)
      terminal_.note("port " + std::to_string(wanted) + " is taken: using " + std::to_string(got));
  };
  moved(options_.port, port_);
  moved(options_.tenant_port, tenant_port_);
  if (exposure_ == Exposure::network)
    terminal_.note("this development server can be reached from other machines: whoever can, may log in");
}

void LocalWorld::note_missing_page() const {
  if (!page_->is_built())
    terminal_.note("the page is not built (no index.html in " + printable(page_->directory()) +
                   "): the API answers all the same. make run builds it");
}

void LocalWorld::introduce() const {
  const std::string origin = localhost_origin(port_);
  terminal_.say("page     " + origin + '/');
  terminal_.say("api      " + origin + "/dev/api/{public,private,orders,admin}");
  introduce_tenant();
  introduce_other_apis();
  introduce_proxy();
  terminal_.say("logs     " + state_->logs());
  introduce_tries();
  terminal_.say("ready: " + origin);
}

void LocalWorld::introduce_tenant() const {
  const std::string stand_in = localhost_origin(tenant_port_) + "/           ";
  if (options_.auth0) {
    terminal_.say("tenant   " + options_.auth0->origin() + "/   Auth0's: page and API use it");
    terminal_.say("stand-in " + stand_in + "runs as well; this API does not take its tokens");
    return;
  }
  terminal_.say("tenant   " + stand_in + "a stand-in for Auth0, development only");
  introduce_people();
}

void LocalWorld::introduce_people() const {
  std::string label = "people   ";
  for (const User& user : people_.users) {
    const std::string who = padded(user.email + " / " + user.password, people_column);
    terminal_.say(label + who + joined(permitted(user.permissions, demo_audience)));
    label = "         ";
  }
  if (exposure_ == Exposure::loopback) return;  // the known ones stand in the manual
  for (const Client& client : people_.clients)
    if (client.secret) terminal_.say("clients  " + client.id + " / " + *client.secret);
}

void LocalWorld::introduce_other_apis() const {
  const auto routes = [&](std::string_view stage) {
    return localhost_origin(port_) + '/' + std::string{stage} + "/api/{public,private,orders,admin}   ";
  };
  const bool simple = options_.answers.http == AuthorizerSettings::Answer::simple;
  terminal_.say("http     " + routes(http_stage) + "an HTTP API, payload 2.0, " +
                (simple ? "simple answers" : "policies"));
  terminal_.say("http     " + routes(http_1_stage) + "an HTTP API, payload 1.0");
  terminal_.say("socket   ws://localhost:" + std::to_string(port_) + '/' + std::string{web_socket_stage} +
                "   a WebSocket API, its handshake");
}

void LocalWorld::introduce_proxy() const {
  if (proxy_)
    terminal_.say("proxy    " + localhost_origin(port_) + '/' + std::string{proxied_stage} +
                  "/api/{public,private,orders,admin}   a proxy that asks portcullis serve");
  else
    terminal_.say("proxy    none: it needs " + printable(options_.portcullis) + " and a short path of --state");
}

void LocalWorld::introduce_tries() const {
  const std::string api = "localhost:" + std::to_string(port_) + "/dev/api/";
  terminal_.say("try      curl -i -X POST " + api + "private");
  if (options_.auth0) return;  // the tool has tokens of the stand-in only
  std::string token = shell_word(options_.portcullis) + " token --user grace@example.com";
  if (tenant_port_ != WorldOptions{}.tenant_port) token += " --tenant " + localhost_origin(tenant_port_);
  terminal_.say("try      curl -i " + api + "admin -H \"Authorization: Bearer $(" + token + ")\"");
}

}  // namespace portcullis::world
