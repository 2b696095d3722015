// portcullis: the command line. This file holds its grammar and nothing else.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/serve/proxy_configuration.h"
#include "doors/serve/server.h"
#include "edge/config/values.h"
#include "edge/system/standard_streams.h"

namespace {

using namespace portcullis::cli;

using Run = std::function<int()>;

constexpr const char* token_help =
    "the token: '-' reads standard input, @FILE a file; as plain text it lands in the shell's history and in ps";

constexpr const char* exit_codes =
    "Exit codes: 0 allowed or fine, 1 denied, 2 wrong usage or configuration, 3 could not decide, or could not write "
    "the answer.";

void add_common(CLI::App& command, Common& common) {
  command.add_option("--config", common.config,
                     "configuration (else PORTCULLIS_CONFIG, ./portcullis.yaml, the environment)");
  command.add_flag_callback(
      "--json", [&common] { common.format = Format::json; }, "answer as JSON");
  command.add_option("--at", common.at, "the clock to judge by: Unix seconds or RFC 3339");
}

void add_verify(CLI::App& app, Run& run) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = app.add_subcommand("verify", "judge one token:  portcullis verify - <token.txt");
  add_common(*command, options->common);
  command->add_option("token", options->token, token_help)->type_name("TOKEN");
  command->add_flag_callback(
      "--batch", [options] { options->input = VerifyOptions::Input::batch; },
      "one {\"token\":…} a line on standard input");
  command->add_option("--jwks", options->jwks,
                      "keys from this file; with --issuer and --audience no configuration is needed");
  command->add_option("--issuer", options->issuer, "the issuer to expect, byte for byte");
  command->add_option("--audience", options->audiences, "the audience to expect; may be given again");
  command->add_option("--alg", options->algorithms, "an accepted algorithm (RS256); may be given again");
  command->add_option("--profile", options->profile, "auth0-access, rfc9068, id-token or generic");
  command->add_flag_callback(
      "--signature-only", [options] { options->scope = VerifyOptions::Scope::signature_only; },
      "check the signature and nothing else");
  command->callback([options, &run] { run = [options] { return verify(*options); }; });
}

void add_decide(CLI::App& app, Run& run) {
  auto options = std::make_shared<DecideOptions>();
  auto* command = app.add_subcommand(
      "decide", "the whole decision:  portcullis decide --request \"GET /orders/1\" -H 'Authorization: …'");
  add_common(*command, options->common);
  command->footer(
      "Limits are taken as they would be by a request: where the configuration has a store, from there, so it counts; "
      "else from buckets that begin full with each call, or batch.\n" +
      std::string{exit_codes});
  command->add_option("--event", options->event,
                      "an API Gateway authorizer event (file or '-'); prints what the Lambda would return");
  command->add_option(
      "--request", options->request,
      "a request line: \"GET /orders/1\"; a DPoP proof needs the whole URL: \"GET https://…/orders/1\"");
  command->add_option("-H,--header", options->headers, "a header of the request: 'Name: value'")
      ->allow_extra_args(false);
  command->add_option("--address", options->address, "the client's address, for limits by address and failed_tokens");
  command->add_option("--certificate", options->certificate, "the client's certificate, a PEM file")->type_name("FILE");
  auto* batch = command->add_flag_callback(
      "--batch", [options] { options->input = DecideOptions::Input::batch; },
      "one {\"event\":…} or {\"request\":…} a line on standard input");
  auto* explain = command->add_flag_callback(
      "--explain", [options] { options->explain = Explain::yes; }, "show every step");
  auto* list = command->add_flag_callback(
      "--list", [options] { options->input = DecideOptions::Input::list; },
      "every route: may the caller of --as call it, and by which rule");
  list->excludes(batch)->excludes(explain);
  command->add_option("--as", options->as, "with --list, the caller's token ('-', @FILE or the text); none: anonymous")
      ->type_name("TOKEN")
      ->needs(list);
  command->callback([options, &run] { run = [options] { return decide(*options); }; });
}

void add_explain(CLI::App& app, Run& run) {
  auto options = std::make_shared<ExplainOptions>();
  auto* command = app.add_subcommand(
      "explain", "decisions of a log in words, the likeliest cause, what to do:  … | portcullis explain -");
  command
      ->add_option(
          "file", options->input,
          "decision lines of the log of bootstrap or serve, what /decisions of serve answers, or what verify --json "
          "and decide --json print; '-' reads standard input. Other lines of the log are passed over, and no token is "
          "ever shown")
      ->type_name("FILE")
      ->required();
  command->add_flag_callback(
      "--json", [options] { options->format = Format::json; }, "answer as JSON, one object a line");
  command->callback([options, &run] { run = [options] { return explain(*options); }; });
}

void add_check(CLI::App& app, Run& run) {
  auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand("check", "check a configuration:  portcullis check portcullis.yaml");
  add_common(*command, options->common);
  auto* file = command->add_option("file", options->file, "the configuration")->type_name("FILE");
  auto* bundle = command->add_flag_callback(
      "--bundle", [options] { options->purpose = CheckOptions::For::bundle; },
      "is it fit to be packed for Lambda, and with which files");
  auto* effective = command->add_flag_callback(
      "--effective", [options] { options->show = CheckOptions::Show::effective; },
      "every setting with its value and who says so: file, environment or default");
  auto* online = command->add_flag_callback(
      "--online", [options] { options->ask = CheckOptions::Ask::issuers; },
      "fetch every issuer's keys too, compare its clock with this machine's, and ask the store; exit 3 if one is out "
      "of reach");
  command
      ->add_flag_callback(
          "--schema", [options] { options->show = CheckOptions::Show::schema; },
          "the JSON Schema of portcullis.yaml, for editors; nothing is checked")
      ->excludes(file)
      ->excludes(bundle)
      ->excludes(effective);
  auto* never =
      command
          ->add_option(
              "--never", options->never,
              "prove that this can never be, or print a counter-example (exit 1): \"ANY /admin/{path+} is public\", "
              "\"any route is allowed without scope:read\"; may be given again")
          ->type_name("STATEMENT")
          ->allow_extra_args(false);
  auto* from =
      command
          ->add_option(
              "--from", options->from,
              "read routes and authorizers of a CloudFormation, SAM, Serverless Framework or OpenAPI file "
              "('-': standard input), name its mistakes and propose a configuration; or, with FILE or --config, "
              "compare the two")
          ->type_name("TEMPLATE")
          ->excludes(bundle)
          ->excludes(effective)
          ->excludes(online)
          ->excludes(never);
  command
      ->add_option("--proxy", options->proxy,
                   "print the configuration of a proxy that asks 'portcullis serve', for these very settings: " +
                       portcullis::serve::proxy_names())
      ->type_name("NAME")
      ->excludes(from)
      ->excludes(bundle)
      ->excludes(effective)
      ->excludes(online)
      ->excludes(never);
  command->add_option("--initial-keys", options->initial_keys, "keys to pack, as keys --export prints them")
      ->type_name("FILE")
      ->needs(bundle);
  command->callback([options, &run] { run = [options] { return check(*options); }; });
}

void add_test(CLI::App& app, Run& run) {
  auto options = std::make_shared<TestOptions>();
  auto* command = app.add_subcommand("test", "requests and the decisions they should get:  portcullis test rules.yaml");
  add_common(*command, options->common);
  command->add_option("files", options->files, "YAML files with a list 'expectations' (docs/testing.md)")
      ->type_name("FILE")
      ->required();
  command->callback([options, &run] { run = [options] { return test(*options); }; });
}

void add_token(CLI::App& app, Run& run) {
  auto options = std::make_shared<TokenOptions>();
  auto* command = app.add_subcommand(
      "token", "a token from the local tenant:  curl -H \"Authorization: Bearer $(portcullis token)\" …");
  command->add_option("--user", options->user, "ada or grace, or the whole e-mail address");
  command->add_option("--client", options->client, "demo-spa, or demo-machine for a token without a user");
  command->add_option("--audience", options->audience, "the API's identifier");
  command->add_option("--scope", options->scope, "scopes, separated by blanks; default: all that the user may have");
  command->add_option("--lifetime", options->lifetime, "10m, 1h; negative (--lifetime=-1m) for one that has expired");
  command->add_option("--tenant", options->tenant, "the local tenant's URL");
  command->add_flag_callback(
      "--unknown-key", [options] { options->key = TokenOptions::SigningKey::unknown; },
      "signed with a key that the tenant does not publish");
  command->callback([options, &run] { run = [options] { return token(*options); }; });
}

void add_keys(CLI::App& app, Run& run) {
  auto options = std::make_shared<KeysOptions>();
  auto* command =
      app.add_subcommand("keys", "the keys that tokens are checked with:  portcullis keys --url http://127.0.0.1:9092");
  add_common(*command, options->common);
  command->add_flag_callback(
      "--export", [options] { options->output = KeysOptions::Output::initial_keys; },
      "fetch the remote ones and print them as a bundle's jwks.json");
  auto* url = command->add_option("--url", options->url,
                                  "those of a running server, by its admin listener: http://127.0.0.1:9092, or "
                                  "unix:/run/portcullis/admin");
  command
      ->add_flag_callback(
          "--refresh", [options] { options->ask = KeysOptions::Ask::refresh; },
          "with --url, fetch them anew first; over TCP it needs serve.admin_token, in PORTCULLIS_ADMIN_TOKEN")
      ->needs(url);
  command->callback([options, &run] { run = [options] { return keys(*options); }; });
}

void add_serve(CLI::App& app, Run& run) {
  auto options = std::make_shared<ServeCommandOptions>();
  auto* command = app.add_subcommand("serve",
                                     "the forward-auth server for nginx, Traefik, Caddy, HAProxy and Envoy:  "
                                     "portcullis serve --config portcullis.yaml");
  command->footer(
      "It reads its configuration again on SIGHUP, or when another file takes its place, and ends on SIGTERM. The log "
      "goes to standard error, as much as PORTCULLIS_LOG says: error, warn, info or debug. The proxy's side of it: "
      "portcullis check --proxy nginx. Is it ready: portcullis healthcheck.\n" +
      std::string{exit_codes});
  command->add_option("--config", options->config,
                      "configuration (else PORTCULLIS_CONFIG, ./portcullis.yaml, the environment)");
  command->add_option("--threads", options->threads, "event loops; default: one for each processor")
      ->check(CLI::Range(1, portcullis::serve::most_threads));
  command->callback([options, &run] { run = [options] { return serve(*options); }; });
}

void add_healthcheck(CLI::App& app, Run& run) {
  auto options = std::make_shared<HealthcheckOptions>();
  auto* command = app.add_subcommand(
      "healthcheck",
      "whether a running server is ready, exit 0 or 1; for containers:  portcullis healthcheck --url "
      "http://127.0.0.1:9092");
  command->add_option("--url", options->url, "the admin listener; or unix:/run/portcullis/admin")
      ->capture_default_str();
  command->callback([options, &run] { run = [options] { return healthcheck(*options); }; });
}

void add_version(CLI::App& app, Run& run) {
  auto format = std::make_shared<Format>(Format::words);
  auto* command = app.add_subcommand("version", "version, build and libraries:  portcullis version --json");
  command->add_flag_callback(
      "--json", [format] { *format = Format::json; }, "answer as JSON");
  command->callback([format, &run] { run = [format] { return version(*format); }; });
}

void add_dev(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("dev", "the local world: tenant, gateway and functions on this machine");
  command->prefix_command();
  command->set_help_flag();  // portcullis-dev has its own
  command->callback([command, &run] {
    auto rest = command->remaining();
    run = [rest] { return dev(rest); };
  });
}

// The parser repeats what it did not expect, and that may be a token: long words are left out.
std::string without_long_words(const std::string& text) {
  constexpr std::size_t longest_word = 24;
  std::string kept;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    kept +=
        (kept.empty() ? "" : " ") + (end - begin > longest_word ? std::string{"…"} : text.substr(begin, end - begin));
    begin = end + 1;
  }
  return kept;
}

std::string no_command(const CLI::App& app, const std::optional<std::string>& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  std::string text = "a command is missing: ";
  for (const std::string& name : names) text += name + (&name == &names.back() ? "" : ", ");
  if (word) {
    const std::string near =
        portcullis::config::nearest(*word, std::vector<std::string_view>{names.begin(), names.end()});
    text = "there is no command " + without_long_words("'" + *word + "'");
    if (!near.empty()) text += "; did you mean '" + near + "'?";
  }
  return text + (text.ends_with('?') ? "" : ".") + " See: portcullis --help";
}

}  // namespace

int main(int argc, char** argv) {
  portcullis::system::hold_standard_streams();
  static char help[] = "--help";
  if (argc == 2 && std::string_view{argv[1]} == "help") argv[1] = help;
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is told in words, not by dying
  CLI::App app{"portcullis protects API endpoints with Auth0 / OpenID Connect tokens."};
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return std::string{"portcullis " PORTCULLIS_VERSION}; });
  app.footer(exit_codes);
  Run run;
  add_dev(app, run);
  add_verify(app, run);
  add_decide(app, run);
  add_explain(app, run);
  add_check(app, run);
  add_test(app, run);
  add_token(app, run);
  add_keys(app, run);
  add_serve(app, run);
  add_healthcheck(app, run);
  add_version(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    if (argc == 1) return complain(no_command(app, std::nullopt));
    if (chosen.empty() && argv[1][0] != '-') return complain(no_command(app, argv[1]));
    return complain(without_long_words(error.what()) + ". See: portcullis " +
                    (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help");
  }
  return run ? run() : exit_usage;
}
