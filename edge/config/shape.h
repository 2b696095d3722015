// What may stand in the file: every key with the form of its value. The loader refuses by it, and the
// JSON Schema for editors is written from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "portcullis/rules.h"

namespace portcullis::config {

enum class Form : std::uint8_t {
  text,
  file,
  domain,
  issuer,
  key_url,
  base_url,
  algorithm,
  proof_algorithm,  // asymmetric
  route,
  requirement,
  login_strength,  // a value of acr
  claim_name,
  claim_pointer,  // claim:/pointer
  api_key,
  origin,
  secret,
  word,      // one of Key::words
  duration,  // from Key::least to Key::most
  boolean,
  integer,  // from Key::lowest to Key::highest
  rate,     // COUNT/PERIOD
  limit_name,
  dimension,   // whose buckets a limit has: a word of dimension_words, or claim:/pointer
  store,       // memory, or where a Redis is
  listening,   // HOST:PORT or unix:/PATH
  network,     // of addresses
  field_name,  // of a header field
  identity_field_name,
  identity_source,  // a claim's name, client, or claim:/pointer
  access,           // a word, or Key::shape
  mapping,          // Key::shape
  named,            // a mapping whose keys are names of the writer's choosing; each value is Key::entry
};

enum class Count : std::uint8_t {
  one,
  one_or_more,  // the bare value, or a list that is not empty
  any_number,   // the bare value, or a list
  list,         // a list that is not empty
  any_list,     // a list
};

struct Shape;

struct Key {
  std::string_view name;
  Form form;
  Count count = Count::one;
  std::string_view meaning = {};    // what an editor shows; docs/config.md has the consequences
  std::string_view mandatory = {};  // why, as what follows "'NAME' is missing: "; empty: it is optional
  std::span<const std::string_view> words = {};
  std::chrono::seconds least{0}, most{0};
  std::int64_t lowest = 0, highest = 0;
  const Shape* shape = nullptr;
  Form names = Form::text;     // of named: what its keys look like
  const Key* entry = nullptr;  // of named
};

/// A mapping of the file.
struct Shape {
  std::span<const Key> keys;
  std::span<const std::string_view> exactly_one = {};  // of these keys
  std::span<const std::string_view> at_most_one = {};
  std::string_view relations = {};  // what else keys demand of each other, as members of a JSON Schema

  /// The key of this name; one that is not there does not compile.
  consteval const Key& operator[](std::string_view name) const {
    for (const Key& key : keys)
      if (key.name == name) return key;
    throw "no such key";
  }
};

inline constexpr std::string_view profile_words[] = {"auth0-access", "rfc9068", "id-token", "generic"};  // Profile
inline constexpr std::string_view default_words[] = {"deny", "authenticated"};  // DefaultAccess
inline constexpr std::string_view access_words[] = {"public", "authenticated"};
inline constexpr std::string_view sender_words[] = {"dpop", "mtls"};    // BoundSender
inline constexpr std::string_view nonce_words[] = {"off", "required"};  // DpopNonce
inline constexpr std::string_view mode_words[] = {"report"};
inline constexpr std::string_view policy_words[] = {"routes", "stage", "method"};  // LambdaSettings::Policy
inline constexpr std::string_view http_api_words[] = {"simple", "policy"};         // LambdaSettings::HttpApi
inline constexpr std::string_view deny_words[] = {"unauthorized", "context"};      // LambdaSettings::Deny
inline constexpr std::string_view metrics_words[] = {"off", "embedded"};           // LambdaSettings::Metrics
inline constexpr std::string_view dimension_words[] = {"principal", "client",  "organization",
                                                       "issuer",    "address", "route"};
inline constexpr std::string_view failed_token_words[] = {"address"};
inline constexpr std::string_view limit_headers_words[] = {"current", "legacy", "both", "none"};  // LimitHeaders
inline constexpr std::string_view store_failure_words[] = {"local", "allow", "deny"};             // StoreFailure
inline constexpr std::string_view issuer_name_keys[] = {"domain", "issuer"};
inline constexpr std::string_view key_source_keys[] = {"jwks_uri", "jwks_file", "public_keys", "secret"};

inline constexpr Key key_age_keys[] = {
    {.name = "fresh",
     .form = Form::duration,
     .meaning = "After this the key set is fetched again. Default: 10m",
     .least = std::chrono::seconds{60},
     .most = std::chrono::hours{24}},
    {.name = "stale",
     .form = Form::duration,
     .meaning = "For so long after 'fresh' the old keys still serve while the issuer is out of reach. Default: 24h",
     .most = std::chrono::hours{7 * 24}},
};
inline constexpr Shape key_ages_shape{.keys = key_age_keys};

inline constexpr Key issuer_keys[] = {
    {.name = "domain", .form = Form::domain, .meaning = "An Auth0 tenant's host. Either this or 'issuer'"},
    {.name = "issuer",
     .form = Form::issuer,
     .meaning = "The issuer, compared with iss byte for byte, or unchecked. Either this or 'domain'"},
    {.name = "audience",
     .form = Form::text,
     .count = Count::one_or_more,
     .meaning = "The API's identifier, which the token's aud must name; for token: id-token, the client id",
     .mandatory = "the identifier of the API (or, for id-token, the client)"},
    {.name = "algorithms",
     .form = Form::algorithm,
     .count = Count::one_or_more,
     .meaning = "The only signature algorithms accepted. Default: [RS256]; none for token: generic"},
    {.name = "token",
     .form = Form::word,
     .meaning = "The kind of token expected. Default: auth0-access",
     .words = profile_words},
    {.name = "leeway",
     .form = Form::duration,
     .meaning = "Tolerance for clocks that differ. Default: 30s",
     .most = std::chrono::seconds{300}},
    {.name = "clients",
     .form = Form::text,
     .count = Count::one_or_more,
     .meaning = "Allow-list for azp, else client_id. Default: any client"},
    {.name = "allow_missing_kid",
     .form = Form::boolean,
     .meaning = "A token without kid may use the one key that fits. Default: false"},
    {.name = "typ",
     .form = Form::text,
     .count = Count::one_or_more,
     .meaning = "Only with token: generic: accepted values of the header's typ. Default: JWT or none"},
    {.name = "jwks_uri",
     .form = Form::key_url,
     .meaning = "Where the key set is fetched. Default: a domain's .well-known/jwks.json; of an issuer, what its "
                "metadata says"},
    {.name = "jwks_file", .form = Form::file, .meaning = "A JWK set on disk, read at start"},
    {.name = "public_keys",
     .form = Form::file,
     .count = Count::list,
     .meaning = "PEM files with certificates or public keys, read at start"},
    {.name = "secret", .form = Form::secret, .meaning = "The shared secret of HS*: env:NAME or file:PATH"},
    {.name = "keys", .form = Form::mapping, .meaning = "Ages of fetched keys", .shape = &key_ages_shape},
};
inline constexpr Shape issuer_shape{.keys = issuer_keys,
                                    .exactly_one = issuer_name_keys,
                                    .at_most_one = key_source_keys,
                                    .relations = R"json("dependencies":{
      "keys":{"not":{"anyOf":[{"required":["jwks_file"]},{"required":["public_keys"]},{"required":["secret"]}]}},
      "typ":{"required":["token"],"properties":{"token":{"const":"generic"}}},
      "secret":{"required":["algorithms"],"properties":{"algorithms":{"anyOf":[
        {"type":"string","pattern":"^(HS|env:)"},{"type":"array","items":{"pattern":"^(HS|env:)"}}]
}
}
}
},
    "allOf":[
      {"if":{"required":["token"],"properties":{"token":{"const":"generic"}}},"then":{"required":["algorithms"]}},
      {"if":{"required":["issuer"],"properties":{"issuer":{"const":"unchecked"}}},
       "then":{"required":["token"],"properties":{"token":{"const":"id-token"}},
               "anyOf":[{"required":["public_keys"]},{"required":["jwks_file"]},{"required":["secret"]}]}},
      {"if":{"required":["algorithms"],"properties":{"algorithms":{"anyOf":[
               {"type":"string","pattern":"^HS"},
               {"type":"array","contains":{"type":"string","pattern":"^HS"}}]}}},
       "then":{"anyOf":[{"required":["secret"]},{"required":["jwks_file"]}]}}])json"};

inline constexpr Key condition_keys[] = {
    {.name = "all", .form = Form::requirement, .count = Count::list, .meaning = "Every one must hold"},
    {.name = "any", .form = Form::requirement, .count = Count::list, .meaning = "At least one must hold"},
    {.name = "none", .form = Form::requirement, .count = Count::list, .meaning = "Not one may hold"},
    {.name = "max_age",
     .form = Form::duration,
     .meaning = "The login may be no older than this. Needs lambda: { cache: 0 }",
     .least = MaxAge::shortest,
     .most = MaxAge::longest},
    {.name = "acr",
     .form = Form::login_strength,
     .count = Count::one_or_more,
     .meaning = "The login's acr must be one of these"},
    {.name = "sender",
     .form = Form::word,
     .meaning = "The token must be bound to a DPoP key or to a client certificate",
     .words = sender_words},
};
inline constexpr Shape condition_shape{.keys = condition_keys};

inline constexpr std::int64_t most_limits = 64, most_identity_fields = 16;

inline constexpr Key route_keys[] = {
    {.name = "route",
     .form = Form::route,
     .meaning = "A method in capitals or ANY, one blank, a path: GET /orders/{id}, ANY /files/{path+}",
     .mandatory = "a method and a path, \"GET /orders/{id}\""},
    {.name = "access",
     .form = Form::access,
     .meaning = "Who may call: public, authenticated or { all: [...], any: [...], none: [...], max_age: D, acr: [...], "
                "sender: S }",
     .mandatory = "public, authenticated or { all: […] }",
     .words = access_words,
     .shape = &condition_shape},
    {.name = "mode",
     .form = Form::word,
     .meaning = "report: nothing is enforced here; the decision is made and logged",
     .words = mode_words},
    {.name = "limit",
     .form = Form::limit_name,
     .count = Count::one_or_more,
     .meaning = "Names of limits; all of them must admit a call"},
    {.name = "cost",
     .form = Form::integer,
     .meaning = "How many units of each limit a call takes. Default: 1",
     .lowest = 1,
     .highest = Rate::most_burst},
};
inline constexpr Shape route_shape{
    .keys = route_keys, .relations = R"json("dependencies":{"mode":{"properties":{"access":{"not":{"const":"public"}}}},
      "cost":["limit"]})json"};

inline constexpr Key limit_keys[] = {
    {.name = "rate",
     .form = Form::rate,
     .count = Count::one_or_more,
     .meaning = "So many units a period: 60/min, 10/s, 100/10m; of several windows all must admit",
     .mandatory = "so many units a period, 60/min for instance"},
    {.name = "burst",
     .form = Form::integer,
     .meaning = "So many units at once; with several windows that of the shortest. Default: the count of the rate",
     .lowest = 1,
     .highest = Rate::most_burst},
    {.name = "by",
     .form = Form::dimension,
     .count = Count::one_or_more,
     .meaning = "Who has a bucket of their own: principal, client, organization, address, issuer, route or "
                "claim:/pointer; of several each combination has",
     .mandatory = "who has a bucket of their own, principal for instance"},
    {.name = "mode",
     .form = Form::word,
     .meaning = "report: it refuses nobody; what it would refuse is logged",
     .words = mode_words},
};
inline constexpr Shape limit_shape{.keys = limit_keys};
inline constexpr Key limit_entry{.name = {}, .form = Form::mapping, .shape = &limit_shape};

inline constexpr Key failed_token_keys[] = {
    {.name = "rate",
     .form = Form::rate,
     .count = Count::one_or_more,
     .meaning = "So many refused tokens a period: 20/min; of several windows all must admit",
     .mandatory = "so many refused tokens a period, 20/min for instance"},
    {.name = "burst",
     .form = Form::integer,
     .meaning = "So many at once; with several windows that of the shortest. Default: the count of the rate",
     .lowest = 1,
     .highest = Rate::most_burst},
    {.name = "by",
     .form = Form::word,
     .meaning = "Whose tokens are counted. Default: address, and nothing else is possible",
     .words = failed_token_words},
    {.name = "mode",
     .form = Form::word,
     .meaning = "report: it refuses nobody; what it would refuse is logged",
     .words = mode_words},
};
inline constexpr Shape failed_tokens_shape{.keys = failed_token_keys};

inline constexpr Key dpop_keys[] = {
    {.name = "algorithms",
     .form = Form::proof_algorithm,
     .count = Count::one_or_more,
     .meaning = "The only signature algorithms of proofs accepted. Default: [ES256]"},
    {.name = "window",
     .form = Form::duration,
     .meaning = "How old a proof may be. Default: 5m",
     .least = DpopRules::shortest,
     .most = DpopRules::longest},
    {.name = "nonce",
     .form = Form::word,
     .meaning = "Whether a proof must hold a nonce of ours. Default: off, and so it must be behind API Gateway",
     .words = nonce_words},
    {.name = "nonce_secret",
     .form = Form::secret,
     .meaning = "What nonces are made of, 32 bytes or more, the same on all servers behind a balancer: env:NAME or "
                "file:PATH. Default: each process takes its own alone"},
};
inline constexpr Shape dpop_shape{.keys = dpop_keys};

inline constexpr Key lambda_keys[] = {
    {.name = "policy",
     .form = Form::word,
     .meaning = "What the authorizer's answer grants. Default: routes where there are any, else stage",
     .words = policy_words},
    {.name = "cache",
     .form = Form::duration,
     .meaning = "The authorizer's result TTL, as it is set at the gateway. Default: 300s",
     .most = std::chrono::seconds{3600}},
    {.name = "context",
     .form = Form::claim_name,
     .count = Count::any_number,
     .meaning = "Claims handed to the integration. Default: [scope, permissions]"},
    {.name = "http_api",
     .form = Form::word,
     .meaning = "The answer to an HTTP API's payload 2.0. Default: simple",
     .words = http_api_words},
    {.name = "deny",
     .form = Form::word,
     .meaning = "How a REST API is told of a refusal. Default: unauthorized",
     .words = deny_words},
    {.name = "metrics",
     .form = Form::word,
     .meaning = "Whether each decision's log line is a CloudWatch metric, too. Default: embedded",
     .words = metrics_words},
    {.name = "api_key_from",
     .form = Form::claim_pointer,
     .meaning = "The claim with the caller's API key: claim:/azp. Needs 'default_api_key'"},
    {.name = "default_api_key", .form = Form::api_key, .meaning = "The API key of callers whose token names none"},
    {.name = "public_base_url",
     .form = Form::base_url,
     .meaning = "What clients write in front of a route's path, for DPoP behind a CDN. Default: as the event says"},
};
inline constexpr Shape lambda_shape{.keys = lambda_keys,
                                    .relations = R"json("dependencies":{"api_key_from":["default_api_key"]})json"};

inline constexpr Key identity_entry{.name = {}, .form = Form::identity_source};
inline constexpr Key serve_keys[] = {
    {.name = "listen",
     .form = Form::listening,
     .meaning = "Where the proxy asks: ADDRESS:PORT or unix:/PATH. Default: 127.0.0.1:9091"},
    {.name = "admin",
     .form = Form::listening,
     .meaning = "Metrics, health and keys: ADDRESS:PORT or unix:/PATH. Default: 127.0.0.1:9092"},
    {.name = "admin_token",
     .form = Form::secret,
     .meaning = "What 'admin' wants as a bearer token, mandatory where it is not on this machine alone: env:NAME or "
                "file:PATH. Default: none"},
    {.name = "proxies",
     .form = Form::network,
     .count = Count::any_number,
     .meaning = "Who may ask: networks such as 10.0.0.0/8, or addresses. Default: nobody but peers of a Unix socket"},
    {.name = "identity",
     .form = Form::named,
     .meaning = "Header fields for the backend: a claim's name, client, or claim:/pointer. Default: X-Auth-Subject: "
                "sub, X-Auth-Client: client, X-Auth-Scope: scope, X-Auth-Issuer: iss",
     .lowest = 1,
     .highest = most_identity_fields,
     .names = Form::identity_field_name,
     .entry = &identity_entry},
    {.name = "public_base_url",
     .form = Form::base_url,
     .meaning = "What clients write in front of a route's path: the only URL that DPoP proofs may be for. Default: "
                "the scheme and host that the proxy tells"},
};
inline constexpr Shape serve_shape{.keys = serve_keys};

inline constexpr Key cors_keys[] = {
    {.name = "origins",
     .form = Form::origin,
     .count = Count::any_number,
     .meaning = "Who may read the example endpoints' answers: https://app.example.com, or *. Default: nobody"},
    {.name = "expose",
     .form = Form::field_name,
     .count = Count::any_number,
     .meaning = "Header fields that pages may read besides x-amzn-RequestId and x-amzn-ErrorType. Default: none"},
};
inline constexpr Shape cors_shape{.keys = cors_keys};

inline constexpr Key file_keys[] = {
    {.name = "issuers",
     .form = Form::mapping,
     .count = Count::any_list,
     .meaning = "Whose tokens are accepted, for whom, with which keys",
     .shape = &issuer_shape},
    {.name = "routes",
     .form = Form::mapping,
     .count = Count::any_list,
     .meaning = "Who may call what. The most specific route wins, whatever the order",
     .mandatory = "the list of routes; with none, write routes: []",
     .shape = &route_shape},
    {.name = "default",
     .form = Form::word,
     .meaning = "What an unlisted route gets: deny, or any valid token",
     .mandatory = "what an unlisted route gets, deny or authenticated; write default: deny",
     .words = default_words},
    {.name = "limits",
     .form = Form::named,
     .meaning = "How often something may be done, by a name that routes use",
     .highest = most_limits,
     .names = Form::limit_name,
     .entry = &limit_entry},
    {.name = "failed_tokens",
     .form = Form::mapping,
     .meaning = "How many refused tokens an address may send before its tokens are not looked at. Default: any number",
     .shape = &failed_tokens_shape},
    {.name = "limit_headers",
     .form = Form::word,
     .meaning = "Which header fields tell clients how their limit stands. Default: current",
     .words = limit_headers_words},
    {.name = "store",
     .form = Form::store,
     .meaning = "Where the state of limits is: memory, redis://localhost, rediss://host, env:NAME or file:PATH. "
                "Default: memory"},
    {.name = "when_store_fails",
     .form = Form::word,
     .meaning = "What holds while the store is out of reach. Default: local",
     .words = store_failure_words},
    {.name = "limit_keys",
     .form = Form::integer,
     .meaning = "How many buckets this process remembers at once. Default: 100000",
     .lowest = 1000,
     .highest = 20'000'000},
    {.name = "dpop",
     .form = Form::mapping,
     .meaning = "What a DPoP proof must be; also offers DPoP to callers without a token",
     .shape = &dpop_shape},
    {.name = "lambda", .form = Form::mapping, .meaning = "The Lambda authorizer's settings", .shape = &lambda_shape},
    {.name = "serve", .form = Form::mapping, .meaning = "The forward-auth server's settings", .shape = &serve_shape},
    {.name = "cors", .form = Form::mapping, .meaning = "The example endpoints' CORS", .shape = &cors_shape},
    {.name = "development",
     .form = Form::boolean,
     .meaning = "Allows http issuers on this machine. Never deploy it. Default: false"},
};
inline constexpr Shape file_shape{
    .keys = file_keys, .relations = R"json("if":{"required":["issuers"],"properties":{"issuers":{"type":"array",
        "contains":{"required":["issuer"],"properties":{"issuer":{"const":"unchecked"}}}}}},
      "then":{"properties":{"issuers":{"maxItems":1}}})json"};

}  // namespace portcullis::config
