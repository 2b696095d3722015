// portcullis check --from: what a deployment template says about who may call what.
#include <algorithm>
#include <array>

#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/cli/place_members.h"
#include "doors/cli/proposal.h"
#include "doors/cli/template_comparison.h"
#include "edge/config/config.h"
#include "edge/deployment/deployment.h"
#include "edge/system/files.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

using deployment::Authorizer;
using deployment::Deployment;
using deployment::Known;

constexpr std::size_t most_bytes = 1 << 20;  // CloudFormation's own bound
constexpr std::size_t longest_message = 600;

enum class Severity : std::uint8_t { error, warning, not_carried };

struct Finding {
  Severity severity;
  RuleProblem problem;
};

std::string_view word_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::not_carried:
      return "not carried over";
  }
  return {};
}

/// What a terminal or a YAML comment takes as text of this line: no line ends of any kind, no control characters.
std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty() && line.size() < longest_message) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    const std::string_view character = text.substr(0, length);
    const auto first = static_cast<unsigned char>(character[0]);
    const bool control = first < 0x20 || first == 0x7F || utf8_length(text) == 0;
    const bool high_control = first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    // U+2028 to U+202E, U+2066 to U+2069: line ends, and what turns the direction of writing.
    const bool turns = (character >= "\xE2\x80\xA8" && character <= "\xE2\x80\xAE") ||
                       (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
    line += control || high_control || turns ? std::string_view{"?"} : character;
    text.remove_prefix(length);
  }
  return text.empty() ? line : line + "…";
}

struct CheckedTemplate {
  std::vector<Finding> findings;
  std::optional<Deployment> deployment;  // nothing: it could not be read
  Proposal proposal;
  std::optional<std::string> config;  // the file that it was compared with

  void add(Severity severity, const std::vector<RuleProblem>& problems) {
    for (const auto& [place, message] : problems) findings.push_back({severity, {one_line(place), one_line(message)}});
  }
  bool good() const {
    return std::none_of(findings.begin(), findings.end(),
                        [](const Finding& finding) { return finding.severity == Severity::error; });
  }
};

void compare_with(const std::string& file, CheckedTemplate& checked) {
  checked.config = file;
  const auto config = config::load(file, config::read_environment());
  if (!config) {
    checked.add(Severity::error, config.error());
    return;
  }
  if (const auto made = portcullis::Authorizer::make(config->rules, Secrets{}); !made) {
    checked.add(Severity::error, made.error());
    return;
  }
  const Differences differences = compare(*config, *checked.deployment, checked.proposal);
  checked.add(Severity::error, differences.errors);
  checked.add(Severity::warning, differences.warnings);
}

std::string summary_of(const deployment::Deployment& found, std::size_t api) {
  std::size_t routes = 0;
  for (const deployment::Route& route : found.routes)
    if (route.api == api && route.answered == deployment::Route::Answered::behind) ++routes;
  std::string text = std::string{deployment::word_of(found.apis[api].flavour)} + " '" + found.apis[api].name + "', " +
                     std::to_string(routes) + (routes == 1 ? " route" : " routes");
  static constexpr std::array<std::string_view, 5> kinds{"TOKEN", "REQUEST", "JWT", "Cognito", "unknown"};
  for (const Authorizer& authorizer : found.authorizers) {
    if (authorizer.api != api) continue;
    text +=
        ", " + std::string{kinds[static_cast<std::size_t>(authorizer.kind)]} + " authorizer '" + authorizer.name + "'";
    const bool asks = authorizer.kind == Authorizer::Kind::token || authorizer.kind == Authorizer::Kind::request;
    if (asks && found.apis[api].flavour != deployment::Flavour::web_socket)
      text += " with a cache of " + std::to_string(authorizer.cache) + " s" +
              (authorizer.cache_known == Known::by_default ? " (the default)" : "");
  }
  return one_line(text);
}

std::string line_of(const Finding& finding) {
  return finding.problem.place + ": " + std::string{word_of(finding.severity)} + ": " + finding.problem.message + '\n';
}

// Without a configuration all of it can be saved as one: what is no rule is a comment.
std::string in_words(const CheckedTemplate& checked, const std::string& file) {
  const bool proposes = checked.deployment && !checked.config;
  const std::string before = proposes ? "# " : "";
  std::string text;
  for (std::size_t i = 0; checked.deployment && i < checked.deployment->apis.size(); ++i)
    text += before + one_line(file) + ": " + summary_of(*checked.deployment, i) + '\n';
  for (const Finding& finding : checked.findings) text += before + line_of(finding);
  if (proposes) return text + '\n' + yaml_of(checked.proposal);
  return checked.good() ? text + "ok\n" : text;
}

void write_proposal(JsonWriter& json, const CheckedTemplate& checked) {
  const Proposal& proposal = checked.proposal;
  json.begin_object().key("routes").begin_array();
  for (const ProposedRoute& route : proposal.routes) {
    json.begin_object().key("route").string(route.route).key("access").string(text_of(route));
    write_place(json, route.place);
    json.end_object();
  }
  json.end_array().key("issuers").begin_array();
  for (const ProposedIssuer& issuer : proposal.issuers) {
    json.begin_object().key("issuer").string(issuer.issuer).key("audience").begin_array();
    for (const std::string& audience : issuer.audiences) json.string(audience);
    json.end_array().end_object();
  }
  json.end_array().key("default").string("deny").key("lambda");
  if (proposal.lambda) {
    const bool simple = proposal.lambda->http_api == Proposal::Lambda::HttpApi::simple;
    json.begin_object().key("cache").integer(proposal.lambda->cache);
    json.key("http_api").string(simple ? "simple" : "policy").end_object();
  } else {
    json.null();
  }
  json.key("yaml").string(yaml_of(proposal)).end_object();
}

std::string in_json(const CheckedTemplate& checked) {
  JsonWriter json;
  json.begin_object().key("ok").boolean(checked.good()).key("findings").begin_array();
  for (const Finding& finding : checked.findings) {
    const bool lost = finding.severity == Severity::not_carried;
    json.begin_object().key("severity").string(lost ? "not_carried" : word_of(finding.severity));
    write_place(json, finding.problem.place);
    json.key("message").string(finding.problem.message).end_object();
  }
  json.end_array().key("compared_with").string_or_null(checked.config);
  json.key("proposal");
  if (checked.deployment) {
    write_proposal(json, checked);
  } else {
    json.null();
  }
  return std::move(json.end_object()).text() + '\n';
}

}  // namespace

int check_template(const CheckOptions& options) {
  const std::string& file = *options.from;
  const auto text = file == "-" ? system::read_standard_input(most_bytes) : system::read_file(file, most_bytes);
  if (!text) return complain(text.error().message);
  CheckedTemplate checked;
  auto read = deployment::read_deployment(file, *text);
  if (read) {
    checked.deployment = *std::move(read);
    checked.proposal = propose(*checked.deployment);
    checked.add(Severity::warning, checked.deployment->mistakes);
    checked.add(Severity::not_carried, checked.deployment->not_carried);
    checked.add(Severity::not_carried, checked.proposal.not_carried);
    if (const auto config = options.file ? options.file : options.common.config) compare_with(*config, checked);
  } else {
    checked.add(Severity::error, read.error());
  }
  print(options.common.format == Format::json ? in_json(checked) : in_words(checked, file));
  return checked.good() ? exit_fine : exit_usage;
}

}  // namespace portcullis::cli
