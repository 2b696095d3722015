// The whole configuration as plain structs: every default is visible here, every key is a row of
// docs/config.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/ip_address.h"
#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis::config {

/// `development`: loopback http issuers are possible, and only then.
enum class Purpose : std::uint8_t { production, development };

/// `lambda`: the Lambda authorizer's own settings.
struct LambdaSettings {
  enum class Policy : std::uint8_t {
    routes,  // every route this caller may call: right for cached answers (default where routes are configured)
    stage,   // the whole stage (default where none are: the rules are equal everywhere)
    method,  // only the method asked for: right only with a cache of 0 or method and path in its key
  };
  enum class HttpApi : std::uint8_t {
    simple,  // {"isAuthorized":…}; with a cache, $context.routeKey must be among the identity sources
    policy,  // an IAM policy
  };
  enum class Deny : std::uint8_t {
    unauthorized,  // a REST API's 401 is the gateway's, without a challenge
    context,       // a policy that denies, and says why: a gateway response can make a challenge of it
  };
  enum class Metrics : std::uint8_t { off, embedded };  // CloudWatch's embedded format, in the decision line
  Policy policy = Policy::stage;
  std::chrono::seconds cache{300};                           // 0..3600: the gateway's TTL for authorizer answers
  std::vector<std::string> context{"scope", "permissions"};  // claims handed to the integration, as strings
  HttpApi http_api = HttpApi::simple;                        // the answer to an HTTP API's payload 2.0
  Deny deny = Deny::unauthorized;                            // how a REST API is told of a bad token
  Metrics metrics = Metrics::embedded;
  std::optional<std::string> api_key_from;  // JSON pointer into the claims: the usage plan's key of this caller
  std::string default_api_key;              // where the claim names none; set wherever api_key_from is
  std::string public_base_url;              // what clients write in front of a route's path; empty: as the event says
};

/// `cors`: who may read answers from a browser.
struct CorsSettings {
  std::vector<std::string> origins;  // exact origins, or "*"
  std::vector<std::string> expose;   // header fields that pages may read, besides those the gateway adds
};

/// `store`, where it is not memory: a Redis or Valkey that many machines share.
struct StoreSettings {
  std::string host;
  std::uint16_t port = 6379;
  enum class Security : std::uint8_t { plain, tls } security = Security::plain;
  std::string user, password;            // never printed
  std::array<unsigned char, 32> seed{};  // for Secrets::shared_seed: made of the password, so alike on all machines
};

/// Where a server listens: an address with a port, or a Unix socket.
struct Listening {
  std::string address = "127.0.0.1";  // a literal one
  std::uint16_t port = 0;             // 0: a free one
  std::string socket{};               // a path; not empty: instead of address and port
};

/// One header field that tells the backend who calls.
struct IdentityHeader {
  std::string name;     // "X-Auth-Subject": letters, digits and hyphens
  std::string claim;    // a claim's name, or "client" (azp, else client_id)
  std::string pointer;  // of claim:/pointer; then `claim` is empty
};

/// `serve`: the forward-auth server's own settings.
struct ServeSettings {
  Listening listen{"127.0.0.1", 9091, {}};
  Listening admin{"127.0.0.1", 9092, {}};
  std::string admin_token;         // empty: none; then `admin` is loopback or a Unix socket
  std::vector<IpNetwork> proxies;  // who may ask; a Unix socket's peers always may
  std::vector<IdentityHeader> identity{{"X-Auth-Subject", "sub", {}},
                                       {"X-Auth-Client", "client", {}},
                                       {"X-Auth-Scope", "scope", {}},
                                       {"X-Auth-Issuer", "iss", {}}};
  std::string public_base_url;  // what clients write in front of a route's path; empty: as the proxy says
};

/// A file that the configuration names, as it is written there.
struct NamedFile {
  Place place;
  std::string path;
};

/// Where a setting was written.
struct Written {
  Place place;           // FILE:LINE:COLUMN, or the environment variable that says it
  std::string variable;  // of a value written env:NAME that NAME; else empty
};
/// By setting, "issuers[0].audience"; what is not among them has its default.
using WrittenSettings = std::map<std::string, Written, std::less<>>;

/// API Gateway's own rule for the value of an API key: 20 to 128 letters and digits (gateway.md §6).
bool is_api_key(std::string_view text) noexcept;

struct Config {
  Rules rules;
  Purpose purpose = Purpose::production;
  LambdaSettings lambda;
  CorsSettings cors;
  std::optional<StoreSettings> store;                       // nothing: memory
  std::optional<std::array<unsigned char, 32>> nonce_seed;  // Secrets::nonce_seed, made of dpop.nonce_secret
  ServeSettings serve;
  std::string file;                     // empty: the environment alone
  std::vector<NamedFile> key_files;     // jwks_file, public_keys
  std::vector<NamedFile> secret_files;  // secret: file:PATH
  std::vector<RuleProblem> notes;       // not wrong, but worth knowing
  WrittenSettings written;
};

/// Where this setting was written; of a default the file, which might say it.
Place place_of(const Config& config, std::string_view setting);

/// The variables a process was started with. Taken once, so that tests bring their own.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Loads `file`, or, without one, what the environment alone says (design.md §3).
/// @returns every problem, each with its place; nothing half-loaded
Result<Config, std::vector<RuleProblem>> load(const std::optional<std::string>& file, const Environment& environment);

/// The file that is meant when the command line names none: PORTCULLIS_CONFIG, else ./portcullis.yaml if
/// it is there, else none.
std::optional<std::string> default_file(const Environment& environment, const std::string& directory);

/// This process's variables.
Environment read_environment();

}  // namespace portcullis::config
