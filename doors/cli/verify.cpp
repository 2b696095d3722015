// portcullis verify: judges one token.
#include <unistd.h>

#include <array>

#include "doors/cli/batch.h"
#include "doors/cli/commands.h"
#include "doors/cli/explanation.h"
#include "doors/cli/output.h"
#include "edge/system/files.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_key_set_bytes = 256 * 1024;

std::optional<Profile> profile_named(std::string_view name) {
  constexpr std::array<std::string_view, 4> names{"auth0-access", "rfc9068", "id-token", "generic"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Profile>(i);
  return std::nullopt;
}

std::optional<KeySet> read_key_set(const std::string& file) {
  const auto content = system::read_file(file, most_key_set_bytes);
  if (!content) {
    (void)complain(content.error().message);
    return std::nullopt;
  }
  auto keys = KeySet::parse(*content);
  if (keys) return *std::move(keys);
  (void)complain(file + ": " + keys.error());
  return std::nullopt;
}

std::optional<NonEmpty<Algorithm>> algorithms_of(const VerifyOptions& options) {
  std::vector<Algorithm> algorithms;
  for (const std::string& name : options.algorithms) {
    const auto algorithm = algorithm_named(name);
    if (!algorithm) {
      (void)complain("--alg " + name.substr(0, 32) + " is not an algorithm; RS256 is the usual one");
      return std::nullopt;
    }
    algorithms.push_back(*algorithm);
  }
  if (algorithms.empty()) algorithms.push_back(Algorithm::RS256);
  return NonEmpty<Algorithm>::from(std::move(algorithms));
}

// --jwks, --issuer, --audience and --alg are a whole configuration for one token.
std::unique_ptr<Session> open_session(const VerifyOptions& options) {
  if (!options.jwks) {
    if (!options.issuer && options.audiences.empty() && options.algorithms.empty())
      return Session::open(options.common);
    (void)complain("--issuer, --audience and --alg go with --jwks FILE; without it the configuration says all three");
    return nullptr;
  }
  if (!options.issuer || options.audiences.empty()) {
    (void)complain("--jwks needs --issuer and --audience too: nothing is left unchecked by accident");
    return nullptr;
  }
  auto keys = read_key_set(*options.jwks);
  const auto algorithms = algorithms_of(options);
  const auto profile = profile_named(options.profile);
  if (!profile) (void)complain("--profile is one of auth0-access, rfc9068, id-token, generic");
  if (!keys || !algorithms || !profile) return nullptr;
  Rules rules;
  rules.fallback = DefaultAccess::authenticated;
  rules.issuers.push_back({Expectations{*options.issuer, *NonEmpty<std::string>::from(options.audiences), *algorithms,
                                        std::chrono::seconds{30}, *profile, std::nullopt, std::nullopt},
                           LocalKeys{*std::move(keys), *options.jwks}, MissingKeyId::refused, "command line"});
  return Session::of_rules(std::move(rules), options.common);
}

JsonWriter verdict_json(const Decision& decision) {
  JsonWriter json;
  json.begin_object().key("valid");
  if (decision.outcome == Outcome::undecided) {
    json.null();
  } else {
    json.boolean(decision.outcome == Outcome::allow);
  }
  json.key("reason").string(facts(decision.reason).code).key("detail").string(decision.explanation());
  json.key("status").integer(decision.status());
  const std::string header = challenge(decision);
  json.key("challenge").string_or_null(header.empty() ? std::nullopt : std::optional<std::string_view>{header});
  const auto& token = decision.token;
  json.key("issuer").string_or_null(token ? std::optional{token->issuer()} : std::nullopt);
  json.key("alg").string_or_null(token ? std::optional{name_of(token->algorithm())} : std::nullopt);
  json.key("kid").string_or_null(token ? token->key_id() : std::nullopt);
  json.key("claims");
  if (token) {
    write_json(json, token->claims());
  } else {
    json.null();
  }
  json.end_object();
  return json;
}

int exit_code(const Decision& decision) {
  switch (decision.outcome) {
    case Outcome::allow:
      return exit_fine;
    case Outcome::deny:
      return exit_denied;
    case Outcome::undecided:
      return exit_undecided;
  }
  return exit_undecided;
}

std::string words(const Decision& decision, std::string_view compact) {
  std::string text = verdict_in_words(decision, "valid", "refused");
  text += "  token       sha256 " + token_hash(compact) + '\n';
  if (!decision.token) return text;
  const VerifiedToken& token = *decision.token;
  text += "  issuer      " + std::string{token.issuer()} + '\n';
  text += "  algorithm   " + std::string{name_of(token.algorithm())} + '\n';
  JsonWriter claims;
  write_json(claims, token.claims());
  return text + "  claims      " + claims.text() + '\n';
}

int verify_signature_only(const VerifyOptions& options, const std::string& compact) {
  if (!options.jwks) return complain("--signature-only needs --jwks FILE");
  const auto keys = read_key_set(*options.jwks);
  if (!keys) return exit_usage;
  const auto verdict = check_signature(compact, *keys, {});
  if (options.common.format == Format::json) {
    JsonWriter json;
    json.begin_object().key("signature").string(verdict ? "good" : "bad").key("valid").null();
    json.key("reason").string(verdict ? "ok" : facts(verdict.error().reason).code);
    json.key("detail").string(verdict ? "nothing else checked" : verdict.error().detail).end_object();
    print_line(json.text());
  } else if (verdict) {
    print_line("signature good, nothing else checked");
  } else {
    print_line("signature not good: " + std::string{facts(verdict.error().reason).code} + " (" +
               verdict.error().detail + ")");
  }
  return verdict ? exit_fine : exit_denied;
}

Result<JsonWriter, std::string> judge_line(Session& session, const Json& line) {
  const auto token = line.find("token");
  if (!token || !token->string()) return std::string{"the line has no \"token\" that is a string"};
  const Settled settled = session.settle(session.authorizer().begin_token(*token->string(), session.now()));
  session.run(settled.after);
  return verdict_json(settled.decision);
}

}  // namespace

int verify(const VerifyOptions& options) {
  const bool batch = options.input == VerifyOptions::Input::batch;
  const bool signature_only = options.scope == VerifyOptions::Scope::signature_only;
  if (batch && signature_only) return complain("--signature-only does not go with --batch");
  if (batch == options.token.has_value()) return complain("give one TOKEN ('-', @FILE or the text), or --batch");
  std::string compact;
  if (!batch) {
    auto read = read_token_argument(*options.token);
    if (!read) return exit_usage;
    compact = *std::move(read);
  }
  if (signature_only) return verify_signature_only(options, compact);
  const auto session = open_session(options);
  if (!session) return exit_usage;
  if (batch) return run_batch(*session, [&](const Json& line) { return judge_line(*session, line); });
  const Settled settled = session->settle(session->authorizer().begin_token(compact, session->now()));
  print(options.common.format == Format::json ? verdict_json(settled.decision).text() + '\n'
                                              : words(settled.decision, compact));
  return exit_code(settled.decision);
}

}  // namespace portcullis::cli
