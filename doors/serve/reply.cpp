#include "doors/serve/reply.h"

#include "core/access/requirement.h"
#include "portcullis/json_writer.h"

namespace portcullis::serve {
namespace {

constexpr net::FieldView never_stored{"Cache-Control", "no-store"};

/// What does not fit is not sent, so it must not be believed either.
void refuse_identity(Decision& decision, const Error& error) {
  decision.token.reset();
  const bool is_public = decision.rule && decision.rule->access == text_of(Access{PublicAccess{}});
  decision.detail = is_public ? "public route; the caller is anonymous (" + error.detail + ")" : error.detail;
  if (is_public) return;
  decision.reason = error.reason;
  decision.outcome = Outcome::deny;
}

std::string message_body(Reason reason) {
  JsonWriter json;
  json.begin_object().key("message").string(facts(reason).sentence).end_object();
  return std::move(json).text();
}

}  // namespace

ReplySpace::ReplySpace() {
  constexpr std::size_t usual = 32;
  fields_.reserve(usual);
}

std::span<const net::FieldView> fit_identity(Decision& decision, std::span<const config::IdentityHeader> identity,
                                             IdentitySpace& space) {
  if (!decision.passes()) return {};
  auto who = space.write(identity, decision.token ? &*decision.token : nullptr);
  if (!who) {
    refuse_identity(decision, who.error());
    if (!decision.passes()) return {};
    who = space.write(identity, nullptr);
  }
  return *who;
}

net::Reply reply_to(Decision& decision, std::span<const config::IdentityHeader> identity, ReplySpace& space) {
  auto& fields = space.fields_;
  fields.clear();
  fields.push_back(never_stored);
  const auto who = fit_identity(decision, identity, space.identity_);
  fields.insert(fields.end(), who.begin(), who.end());
  space.client_ = client_headers(decision);
  for (const ClientHeader& header : space.client_)
    if (header.name != never_stored.name) fields.push_back({header.name, header.value});
  if (decision.passes()) return {200, fields, {}};

  const bool limited = decision.reason == Reason::rate_limited;
  space.body_ = limited ? problem_body(decision) : message_body(decision.reason);
  fields.push_back({"Content-Type", limited ? "application/problem+json" : "application/json"});
  return {decision.status(), fields, space.body_};
}

net::Reply reply_to_stranger(ReplySpace& space) {
  const ReasonFacts& reason = facts(Reason::forbidden);
  JsonWriter json;
  json.begin_object().key("type").string("about:blank").key("title").string("Forbidden");
  json.key("status").integer(reason.status).key("reason").string(reason.code).key("detail");
  json.string("Only proxies that are configured here may ask, and the address that this request came from is none.");
  space.body_ = std::move(json.end_object()).text();
  space.fields_.assign({never_stored, {"Content-Type", "application/problem+json"}});
  return {reason.status, space.fields_, space.body_};
}

}  // namespace portcullis::serve
