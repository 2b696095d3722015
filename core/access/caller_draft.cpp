#include "core/access/caller_draft.h"

#include <algorithm>
#include <span>

#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

using std::chrono::seconds;

// Claims that tokens of a kind never have, since with them they are of another kind (RFC 8725 §3.12).
bool is_excluded(std::string_view top, Profile profile) {
  if (top == "events") return true;
  switch (profile) {
    case Profile::auth0_access:
    case Profile::rfc9068:
      return top == "nonce" || top == "at_hash" || top == "c_hash";
    case Profile::id_token:
      return top == "scope" || top == "permissions" || top == "gty";
    case Profile::generic:
      return false;
  }
  return false;
}

std::string unescaped(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i)
    text += name[i] != '~' ? name[i] : name[++i] == '0' ? '~' : '/';  // a pointer: something follows the tilde
  return text;
}

}  // namespace

// A claim and what lies below it.
struct CallerDraft::Member {
  std::map<std::string, Member> below;
  const Content* content = nullptr;
};

CallerDraft::CallerDraft(const Expectations& expect, std::chrono::sys_seconds now) : expect_(&expect), now_(now) {
  if (const auto* name = std::get_if<std::string>(&expect.issuer)) contents_["/iss"] = {ClaimForm::text, {*name}, {}};
}

bool CallerDraft::add(const Wish& wish, const ClaimPlace& place) {
  const bool has = wish.wanted == Wanted::has;
  if (place.form == ClaimForm::login) return add_login(std::get<MaxAge>(wish.trait).most, wish.wanted);
  if (has && is_excluded(first_name_of(place.pointer), expect_->profile)) return false;
  const std::string value = value_of(wish.trait);
  Content& content = contents_.try_emplace(place.pointer, Content{place.form, {}, {}}).first->second;
  (has ? content.has : content.has_not).insert(value);
  return !(content.has.contains(value) && content.has_not.contains(value)) &&
         !(holds_one(place.form) && content.has.size() > 1);
}

std::optional<PossibleCaller> CallerDraft::caller() const {
  CallerDraft whole = *this;
  if (!whole.complete()) return std::nullopt;
  return PossibleCaller{whole.claims(Members::all), whole.claims(Members::wished)};
}

bool CallerDraft::add_login(seconds age, Wanted wanted) {
  if (wanted == Wanted::has)
    login_within_ = login_within_ ? std::min(*login_within_, age) : age;
  else
    login_beyond_ = login_beyond_ ? std::max(*login_beyond_, age) : age;
  return !login_within_ || !login_beyond_ || *login_beyond_ < *login_within_;
}

// A login at the earliest that is beyond, so that it stays beyond; without need of one, none.
bool CallerDraft::set_login() {
  if (!login_within_) return true;
  const seconds age = login_beyond_ ? *login_beyond_ + expect_->leeway + seconds{1} : seconds{0};
  login_ = now_.time_since_epoch() - age;
  return *login_ >= seconds{0};
}

// A text where one must be: the first of those that may.
bool CallerDraft::set_text(const std::string& pointer, ClaimForm form, const std::vector<std::string>& candidates) {
  Content& content = contents_.try_emplace(pointer, Content{form, {}, {}}).first->second;
  if (!content.has.empty()) return true;
  for (const std::string& candidate : candidates)
    if (!content.has_not.contains(candidate)) {
      content.has.insert(candidate);
      unasked_.insert(pointer);
      return true;
    }
  return false;
}

// One more than can be refused.
std::vector<std::string> CallerDraft::made_up(const std::string& pointer, const std::string& name) const {
  std::vector<std::string> names{name};
  const auto content = contents_.find(pointer);
  const std::size_t refused = content == contents_.end() ? 0 : content->second.has_not.size();
  for (std::size_t i = 0; i < refused; ++i) names.push_back(name + '-' + std::to_string(i + 1));
  return names;
}

bool CallerDraft::complete() {
  if (!set_login()) return false;
  set_text("/sub", ClaimForm::text, made_up("/sub", "somebody"));
  if (expect_->profile == Profile::rfc9068) set_text("/jti", ClaimForm::text, made_up("/jti", "some-token"));
  return set_client();
}

bool CallerDraft::set_client() {
  std::optional<std::vector<std::string>> allowed;
  const auto narrow = [&](std::span<const std::string> to) {
    std::vector<std::string> both;
    for (const std::string& one : to)
      if (!allowed || std::find(allowed->begin(), allowed->end(), one) != allowed->end()) both.push_back(one);
    allowed = std::move(both);
  };
  if (expect_->clients) narrow(expect_->clients->items());
  if (expect_->profile == Profile::id_token) narrow(expect_->audiences.items());  // OIDC Core §3.1.3.7
  const auto asked = contents_.find("/azp");
  if (asked != contents_.end() && !asked->second.has.empty())
    return !allowed || std::find(allowed->begin(), allowed->end(), *asked->second.has.begin()) != allowed->end();
  if (!expect_->clients && expect_->profile != Profile::rfc9068) return true;
  return set_text("/azp", ClaimForm::client, allowed ? *allowed : made_up("/azp", "some-client"));
}

void CallerDraft::write(JsonWriter& json, const Content& content) {
  if (content.form == ClaimForm::words) {
    std::string words;
    for (const std::string& word : content.has) words += (words.empty() ? "" : " ") + word;
    json.string(words);
    return;
  }
  if (content.form != ClaimForm::texts && content.has.size() == 1) {
    json.string(*content.has.begin());
    return;
  }
  json.begin_array();
  for (const std::string& text : content.has) json.string(text);
  json.end_array();
}
void CallerDraft::write(JsonWriter& json, const Member& member) {
  if (member.content) {
    write(json, *member.content);
    return;
  }
  json.begin_object();
  for (const auto& [name, value] : member.below) write(json.key(name), value);
  json.end_object();
}

std::string CallerDraft::claims(Members members) const {
  Member root;
  for (const auto& [pointer, content] : contents_) {
    if (content.has.empty() || (members == Members::wished && (pointer == "/iss" || unasked_.contains(pointer))))
      continue;
    const bool as_client_id = content.form == ClaimForm::client && expect_->profile == Profile::rfc9068;
    std::string_view rest = as_client_id ? "/client_id" : std::string_view{pointer};
    Member* member = &root;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string_view name = rest.substr(0, rest.find('/'));
      member = &member->below[unescaped(name)];
      rest.remove_prefix(name.size());
    }
    member->content = &content;
  }
  JsonWriter json;
  json.begin_object();
  if (members == Members::all) {
    const std::int64_t now = now_.time_since_epoch().count();
    json.key("aud").string(expect_->audiences.items().front());
    json.key("iat").integer(now).key("exp").integer(now + 3600);
  }
  for (const auto& [name, member] : root.below) write(json.key(name), member);
  if (login_) json.key("auth_time").integer(login_->count());
  json.end_object();
  return std::move(json).text();
}

}  // namespace portcullis
