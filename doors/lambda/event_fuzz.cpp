// Events from anywhere: a sentence or one reading of them, an answer that is JSON, and never a way in.
#include "doors/lambda/event.h"

#include <algorithm>
#include <cstdlib>

#include "core/access/route_pattern.h"
#include "doors/lambda/answer.h"

namespace {

using namespace portcullis;
using namespace portcullis::lambda;

bool is_printable(std::string_view sentence) {
  return sentence.size() < 300 &&
         std::all_of(sentence.begin(), sentence.end(), [](char c) { return c >= 32 && c < 127; });
}

// One public route, one for whom has a token; whose keys are never there.
Authorizer authorizer() {
  Rules rules;
  rules.issuers.push_back({Expectations{"https://tenant.example.com/", NonEmpty<std::string>{"https://api.example.com"},
                                        NonEmpty<Algorithm>{Algorithm::RS256}, std::chrono::seconds{30},
                                        Profile::auth0_access, std::nullopt, std::nullopt},
                           RemoteKeys{"https://tenant.example.com/.well-known/jwks.json"}, MissingKeyId::refused, ""});
  rules.routes.push_back({"GET /public", PublicAccess{}, ""});
  rules.routes.push_back({"ANY /users/{id}", AuthenticatedAccess{}, ""});
  auto made = Authorizer::make(std::move(rules), {});
  if (!made) std::abort();
  return *std::move(made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Authorizer judge = authorizer();
  const auto event = AuthorizerEvent::parse({reinterpret_cast<const char*>(data), size});
  if (!event) {
    if (event.error().empty() || !is_printable(event.error())) std::abort();
    return 0;
  }
  const Request request = event->request();
  const MethodArn& arn = event->arn();
  if (event->form() == EventForm::web_socket) {
    if (!request.method.empty() || request.path != web_socket_connect_path) std::abort();
    if (arn.prefix + "$connect" != arn.text) std::abort();
  } else {
    if (request.method.empty() || !request.path.starts_with('/')) std::abort();
    if (arn.prefix + arn.verb + "/" + arn.path != arn.text && arn.prefix + arn.verb != arn.text) std::abort();
  }

  const Now now{WallTime{std::chrono::milliseconds{1767225600000}}, {}};
  const Step step = judge.begin(request, now);
  const auto* settled = std::get_if<Settled>(&step);
  if (!settled) return 0;  // asks for keys: not decided
  const Decision& decision = settled->decision;
  if (decision.outcome == Outcome::allow && (decision.route() != "GET /public" || decision.token)) std::abort();

  const FunctionResult told = answer(decision, Grants{{}, DefaultAccess::deny, false}, event->arn(), event->form(), {});
  const auto body = JsonDocument::parse(told.body, event_limits);
  if (!body || !body->root().is(JsonKind::object)) std::abort();
  return 0;
}
