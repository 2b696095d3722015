// What each command was asked to do, as plain structs: the command line's grammar stays in main.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::cli {

enum class Format : std::uint8_t { words, json };
enum class Explain : std::uint8_t { no, yes };

/// Exit codes (design.md §2).
enum Exit : int { exit_fine = 0, exit_denied = 1, exit_usage = 2, exit_undecided = 3 };

struct Common {
  std::optional<std::string> config;
  Format format = Format::words;
  std::optional<std::string> at;  // Unix seconds or RFC 3339
};

struct VerifyOptions {
  Common common;
  std::optional<std::string> token;  // text, "-" or "@FILE"
  std::optional<std::string> jwks;   // file
  std::optional<std::string> issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms;
  std::string profile = "auth0-access";
  enum class Scope : std::uint8_t { everything, signature_only } scope = Scope::everything;
  enum class Input : std::uint8_t { one, batch } input = Input::one;
};

struct DecideOptions {
  Common common;
  std::optional<std::string> event;    // file or "-"
  std::optional<std::string> request;  // "GET /orders/1", or with a whole URL
  std::vector<std::string> headers;    // "Name: value"
  std::optional<std::string> address;
  std::optional<std::string> certificate;  // PEM file
  Explain explain = Explain::no;
  enum class Input : std::uint8_t { one, batch, list } input = Input::one;  // list: every route, for one caller
  std::optional<std::string> as;                                            // that caller's token; "-" or "@FILE"
};

struct CheckOptions {
  Common common;
  std::optional<std::string> file;
  enum class For : std::uint8_t { here, bundle } purpose = For::here;
  std::optional<std::string> initial_keys;  // file
  enum class Show : std::uint8_t { summary, effective, schema } show = Show::summary;
  std::vector<std::string> never;   // statements
  std::optional<std::string> from;  // a deployment template; "-": standard input
  enum class Ask : std::uint8_t { nobody, issuers } ask = Ask::nobody;
  std::optional<std::string> proxy;  // whose configuration to print
};

struct ExplainOptions {
  std::string input;  // file or "-"
  Format format = Format::words;
};

struct TestOptions {
  Common common;
  std::vector<std::string> files;
};

struct TokenOptions {
  std::string user = "ada@example.com";
  std::optional<std::string> client;
  std::string audience = "https://api.example.com";
  std::optional<std::string> scope;
  std::optional<std::string> lifetime;  // "1h", "-1m"
  std::string tenant = "http://localhost:3001/";
  enum class SigningKey : std::uint8_t { tenant, unknown } key = SigningKey::tenant;
};

struct ServeCommandOptions {
  std::optional<std::string> config;
  int threads = 0;  // 0: one for each processor
};

struct HealthcheckOptions {
  std::string url = "http://127.0.0.1:9092";
};

struct KeysOptions {
  Common common;
  std::optional<std::string> url;  // of a running server's admin listener
  enum class Ask : std::uint8_t { look, refresh } ask = Ask::look;
  enum class Output : std::uint8_t { status, initial_keys } output = Output::status;
};

}  // namespace portcullis::cli
