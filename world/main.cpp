// portcullis-dev: the local world in the foreground, until Ctrl-C.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "edge/system/files.h"
#include "world/local_world.h"
#include "world/page/page_origin.h"

namespace {

using namespace portcullis;
using world::AuthorizerSettings;

/// The directory of this executable: its companions lie beside it.
std::string own_directory() {
  std::string path(PATH_MAX, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// XDG Base Directory: a relative XDG_STATE_HOME is to be ignored.
std::string default_state_directory() {
  const std::string state = environment("XDG_STATE_HOME");
  if (state.starts_with('/')) return state + "/portcullis";
  const std::string home = environment("HOME");
  return (home.empty() ? "/tmp" : home) + "/.local/state/portcullis";
}

/// One write a line, so that lines stay whole and come at once even through a pipe.
void write_line(int descriptor, std::string_view line) {
  if (!system::write_all(descriptor, std::string{line} + '\n')) return;  // nobody listens: go on serving
}

/// The functions run in another directory, where a relative path would mean something else.
Result<Done, std::string> make_absolute(std::string& path, std::string_view option) {
  std::error_code problem;
  const auto absolute = std::filesystem::absolute(path, problem);
  if (path.empty() || problem) return std::string{option} + ": not a usable path";
  path = absolute.lexically_normal().string();
  return Done{};
}

struct CommandLine {
  CLI::App app{"The local world: a stand-in for Auth0, API Gateway and Lambda. Development only.", "portcullis-dev"};
  world::WorldOptions options;
  std::string authorizer = "token";
  std::string http_api = "simple", deny = "unauthorized";
  int cache = static_cast<int>(world::default_authorizer_ttl.count());
  std::string throttle, stage_throttle, identity_expression;
  std::vector<std::string> page_origins;
  world::Auth0Options auth0;

  CommandLine() {
    options.state = default_state_directory();
    options.bootstrap = own_directory() + "/bootstrap";
    options.portcullis = own_directory() + "/portcullis";
    options.page = own_directory() + "/page";
    app.add_option("--port", options.port, "Port of page and API; 0 picks a free one")->capture_default_str();
    app.add_option("--tenant-port", options.tenant_port, "Port of the tenant; 0 picks a free one")
        ->capture_default_str();
    app.add_option("--listen", options.listen,
                   "Also listen on this address, for containers. Beyond loopback passwords and the client's secret "
                   "are random");
    app.add_option("--state", options.state, "Directory for keys, logs and the functions' configuration")
        ->capture_default_str();
    app.add_option("--authorizer", authorizer, "Kind of the REST API's authorizer: token or request")
        ->check(CLI::IsMember({"token", "request"}))
        ->capture_default_str();
    app.add_option("--identity-expression", identity_expression,
                   "What the Authorization header must be for a TOKEN authorizer to be asked: a regular expression");
    app.add_option("--http-api", http_api, "Answers to payload 2.0 of the HTTP API: simple or policy")
        ->check(CLI::IsMember({"simple", "policy"}))
        ->capture_default_str();
    app.add_option("--deny", deny, "How the REST API is told of a bad token: unauthorized or context (lambda.deny)")
        ->check(CLI::IsMember({"unauthorized", "context"}))
        ->capture_default_str();
    app.add_option("--cache", cache,
                   "Seconds that the gateways keep an authorizer's answer; 0: limits count every call")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
    app.add_option("--bootstrap", options.bootstrap, "The functions' executable")->capture_default_str();
    app.add_option("--page", options.page, "Directory of the page's files, as scripts/page.sh makes it")
        ->capture_default_str();
    app.add_option("--auth0-domain", auth0.domain, "Use this Auth0 tenant, not the stand-in: its domain");
    app.add_option("--auth0-client-id", auth0.client_id, "The single-page application there; with --auth0-domain");
    app.add_option("--auth0-audience", auth0.audience, "The identifier of the API there; with --auth0-domain");
    app.add_option("--throttle", throttle, "Usage plan of whoever has no plan of their own: RATE/BURST, as 2/5")
        ->default_str("50/100");
    app.add_option("--quota", options.limits.basic_quota, "Requests a day in that plan; default: any number")
        ->check(CLI::PositiveNumber);
    app.add_option("--stage-throttle", stage_throttle, "What the whole API admits: RATE/BURST")
        ->default_str("10000/5000");
    app.add_option("--page-origin", page_origins,
                   "Origin of another page that may log in and read decisions, like http://localhost:5173; repeatable")
        ->allow_extra_args(false);
  }

  Result<Done, std::string> settle_expression() {
    if (identity_expression.empty()) return Done{};
    if (authorizer != "token") return std::string{"--identity-expression is for TOKEN authorizers: --authorizer token"};
    auto read = world::IdentityExpression::parse(identity_expression);
    if (!read) return "--identity-expression: " + read.error();
    options.identity_expression = *std::move(read);
    return Done{};
  }

  /// What takes more than one option's own check. @returns what is wrong, as a sentence
  Result<Done, std::string> settle() {
    if (authorizer == "request") options.authorizer = AuthorizerSettings::Type::REQUEST;
    if (http_api == "policy") options.answers.http = AuthorizerSettings::Answer::policy;
    options.answers.cache = std::chrono::seconds{cache};
    if (deny == "context") options.answers.deny = world::AnswerForms::Deny::context;
    if (auto read = settle_expression(); !read) return read;
    auto origins = world::page_origins_from(page_origins);
    if (!origins) return origins.error();
    options.page_origins = *std::move(origins);
    auto tenant = world::auth0_tenant_from(auth0);
    if (!tenant) return tenant.error();
    options.auth0 = *std::move(tenant);
    for (const auto& [text, into] :
         {std::pair{&throttle, &options.limits.basic}, {&stage_throttle, &options.limits.stage}}) {
      if (text->empty()) continue;
      const auto read = world::Throttle::parse(*text);
      if (!read) return read.error();
      *into = *read;
    }
    if (auto made = make_absolute(options.state, "--state"); !made) return made;
    if (auto made = make_absolute(options.bootstrap, "--bootstrap"); !made) return made;
    return make_absolute(options.page, "--page");
  }
};

int run(const world::WorldOptions& options) {
  if (access(options.bootstrap.c_str(), X_OK) != 0) {
    write_line(STDERR_FILENO, "portcullis-dev: " + options.bootstrap +
                                  ": no such executable. Build it (make build), or name it with --bootstrap");
    return 2;
  }
  net::EventLoop loop;
  const auto signals = loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [&loop](int) { loop.stop(); });
  world::LocalWorld::Terminal terminal;
  terminal.say = [](std::string_view line) { write_line(STDOUT_FILENO, line); };
  terminal.note = [](std::string_view line) { write_line(STDERR_FILENO, "portcullis-dev: " + std::string{line}); };
  terminal.colours = isatty(STDOUT_FILENO) == 1 ? world::Colours::on : world::Colours::off;
  world::LocalWorld local{loop, options, std::move(terminal)};
  if (const auto opened = local.open(); !opened) {
    write_line(STDERR_FILENO, "portcullis-dev: " + opened.error());
    return 2;
  }
  loop.run();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  CommandLine line;
  try {
    line.app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return line.app.exit(problem);  // --help
    write_line(STDERR_FILENO, std::string{"portcullis-dev: "} + problem.what() + ". See: portcullis dev --help");
    return 2;
  }
  if (const auto settled = line.settle(); !settled) {
    write_line(STDERR_FILENO, "portcullis-dev: " + settled.error());
    return 2;
  }
  return run(line.options);
}
