// portcullis decide: the whole decision for one request or event.
#include "doors/cli/batch.h"
#include "doors/cli/commands.h"
#include "doors/cli/explanation.h"
#include "doors/cli/output.h"
#include "doors/cli/owned_request.h"
#include "doors/lambda/authorizer_function.h"
#include "doors/log/decision_log.h"
#include "doors/serve/reply.h"
#include "edge/system/files.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_certificate_bytes = 16 * 1024;

struct Judged {
  Decision decision;
  std::optional<lambda::FunctionResult> response;  // when an event was given
  Trace trace;
  std::vector<std::pair<std::string, std::string>> identity{};  // what a proxy would hand the backend of a request
};

JsonWriter decision_json(const Judged& judged, Explain explain) {
  const Decision& decision = judged.decision;
  JsonWriter json;
  json.begin_object().key("outcome").string(word_of(decision.outcome)).key("enforced").boolean(decision.enforced);
  json.key("status").integer(decision.status()).key("reason").string(facts(decision.reason).code);
  json.key("detail").string(decision.explanation());
  json.key("route").string_or_null(decision.route().empty() ? std::nullopt
                                                            : std::optional<std::string_view>{decision.route()});
  const auto& token = decision.token;
  json.key("principal").string_or_null(token ? std::optional{token->subject()} : std::nullopt);
  json.key("issuer").string_or_null(token ? std::optional{token->issuer()} : std::nullopt);
  json.key("claims");
  if (token) {
    write_json(json, token->claims());
  } else {
    json.null();
  }
  json.key("limit");
  write_limit(json, decision);
  json.key("headers").begin_object();
  for (const ClientHeader& header : client_headers(decision)) json.key(header.name).string(header.value);
  json.end_object().key("identity").begin_object();
  for (const auto& [name, value] : judged.identity) json.key(name).string(value);
  json.end_object().key("response");
  if (judged.response) {
    json.raw(judged.response->body);
  } else {
    json.null();
  }
  if (explain == Explain::yes) json.key("steps").raw(trace_json(judged.trace));
  json.end_object();
  return json;
}

int exit_code(const Judged& judged) {
  const bool allowed =
      judged.response ? judged.response->own_method == lambda::OwnMethod::allowed : judged.decision.passes();
  if (judged.decision.outcome == Outcome::undecided && judged.decision.enforced) return exit_undecided;
  return allowed ? exit_fine : exit_denied;
}

Judged judge_request(Session& session, OwnedRequest& request) {
  Judged judged;
  const config::Config& config = session.config();
  const std::string& base =
      config.lambda.public_base_url.empty() ? config.serve.public_base_url : config.lambda.public_base_url;
  if (request.url.empty() && !base.empty()) request.url = base + request.path;
  Settled settled = session.settle(session.authorizer().begin(request.view(), session.now(), &judged.trace));
  session.run(settled.after);
  judged.decision = std::move(settled.decision);
  serve::IdentitySpace space;
  for (const auto& [name, value] : serve::fit_identity(judged.decision, session.config().serve.identity, space))
    judged.identity.emplace_back(name, value);
  return judged;
}

Judged judge_event(Session& session, std::string_view event) {
  Judged judged;
  auto decided = lambda::decide_event(session.authorizer(), session.desk(), session.config(), event, session.now(),
                                      Session::longest_fetch, &judged.trace);
  session.run(decided.after);
  judged.decision = std::move(decided.decision);
  judged.response = std::move(decided.result);
  return judged;
}

std::optional<OwnedRequest> request_of(const DecideOptions& options) {
  auto request = request_of_line(*options.request);
  if (!request) {
    (void)complain("--request is a method, one blank and a path or URL: \"GET /orders/1\"");
    return std::nullopt;
  }
  request->address = options.address.value_or("");
  if (options.certificate) {
    auto pem = system::read_file(*options.certificate, most_certificate_bytes);
    if (!pem) {
      (void)complain(pem.error().message);
      return std::nullopt;
    }
    request->certificate = *std::move(pem);
  }
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == header.npos || colon == 0) {
      (void)complain("-H is \"Name: value\"");
      return std::nullopt;
    }
    std::size_t begin = colon + 1;
    while (begin < header.size() && header[begin] == ' ') ++begin;
    request->fields.emplace_back(header.substr(0, colon), header.substr(begin));
  }
  return request;
}

Result<OwnedRequest, std::string> request_in(const Json& object) {
  OwnedRequest request;
  const auto method = object.find("method");
  const auto path = object.find("path");
  if (!method || !method->string() || !path || !path->string())
    return std::string{"\"request\" needs \"method\" and \"path\", both strings"};
  request.method = *method->string();
  request.set_path(*path->string());  // a URL here is no path, as in any request
  struct Member {
    const char* name;
    std::string& into;
  };
  for (const Member& member :
       {Member{"address", request.address}, Member{"url", request.url}, Member{"certificate", request.certificate}}) {
    const auto value = object.find(member.name);
    if (!value || value->is(JsonKind::null)) continue;
    if (!value->string()) return '"' + std::string{member.name} + "\" is not a string";
    member.into = *value->string();
  }
  const auto headers = object.find("headers");
  if (!headers || headers->is(JsonKind::null)) return request;
  if (!headers->is(JsonKind::object)) return std::string{"\"headers\" is not an object"};
  for (auto field = headers->begin(); field != headers->end(); ++field) {
    const Json value = *field;
    if (value.string()) request.fields.emplace_back(field.name(), *value.string());
    for (const Json item : value) {
      if (!item.string()) return std::string{"a header's value is neither a string nor a list of strings"};
      request.fields.emplace_back(field.name(), *item.string());
    }
    if (!value.string() && !value.is(JsonKind::array))
      return std::string{"a header's value is neither a string nor a list of strings"};
  }
  return request;
}

Result<JsonWriter, std::string> judge_line(Session& session, const Json& line, Explain explain) {
  const auto event = line.find("event");
  const auto object = line.find("request");
  if (event.has_value() == object.has_value())
    return std::string{"the line has neither \"event\" nor \"request\", or both"};
  if (event) {
    JsonWriter text;
    write_json(text, *event);
    return decision_json(judge_event(session, text.text()), explain);
  }
  auto request = request_in(*object);
  if (!request) return request.error();
  return decision_json(judge_request(session, *request), explain);
}

int show(const Judged& judged, const DecideOptions& options) {
  if (options.common.format == Format::json) {
    print_line(decision_json(judged, options.explain).text());
    return exit_code(judged);
  }
  std::string text;
  if (options.explain == Explain::yes) text += steps_in_words(judged.trace);
  if (options.explain == Explain::yes || !judged.response)
    text += verdict_in_words(judged.decision, "allowed", "denied");
  if (judged.response) text += judged.response->body + '\n';
  print(text);
  return exit_code(judged);
}

int decide_event_file(Session& session, const DecideOptions& options) {
  const std::size_t most = lambda::event_limits.bytes;
  auto event = *options.event == "-" ? system::read_standard_input(most) : system::read_file(*options.event, most);
  if (!event) return complain(event.error().message);
  const std::string name = *options.event == "-" ? "standard input" : *options.event;
  if (event->empty()) return complain(name + ": empty, no event in it");
  if (const auto document = JsonDocument::parse(*event, lambda::event_limits); !document)
    return complain(name + ": not JSON: " + document.error().detail);
  return show(judge_event(session, *event), options);
}

}  // namespace

int decide(const DecideOptions& options) {
  const bool batch = options.input == DecideOptions::Input::batch;
  const bool list = options.input == DecideOptions::Input::list;
  if (batch + list + options.event.has_value() + options.request.has_value() != 1)
    return complain("give one of --event FILE, --request \"GET /path\", --batch and --list");
  if (!options.request && (!options.headers.empty() || options.address || options.certificate))
    return complain("-H, --address and --certificate go with --request");
  if (list) return list_routes(options);
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
  if (batch) return run_batch(*session, [&](const Json& line) { return judge_line(*session, line, options.explain); });
  if (options.event) return decide_event_file(*session, options);
  auto request = request_of(options);
  if (!request) return exit_usage;
  return show(judge_request(*session, *request), options);
}

}  // namespace portcullis::cli
