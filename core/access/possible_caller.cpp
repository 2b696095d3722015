// Wishes are taken one after the other, and of each one way to fulfil it, until they contradict each other;
// then the next way. What a caller has lies in places (claims), which differ in what they can hold.
#include "core/access/possible_caller.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "core/token/claims.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

using std::chrono::seconds;

constexpr int most_tries = 5'000;                   // of one search
constexpr std::size_t most_ways = 1'000;            // in its wishes
constexpr std::size_t token_beside_claims = 1'500;  // header and signature, encoded

// How a claim answers: a list of words or texts can hold any of them together, a text is one or none.
enum class Form : std::uint8_t { words, texts, values, text, client, login };

bool holds_one(Form form) {
  return form == Form::text || form == Form::client || form == Form::login;
}

struct Slot {
  std::string pointer;
  Form form;
};

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// RFC 6901: the first name, and whether there are more.
std::string_view top_of(std::string_view pointer) {
  return pointer.substr(1, pointer.find('/', 1) - 1);
}
bool is_nested(std::string_view pointer) {
  return pointer.find('/', 1) != pointer.npos;
}

// What else decides about these claims, so that nothing can be said by looking at the rules.
constexpr std::array<std::string_view, 8> beyond_rules{"aud", "exp", "nbf", "iat", "cnf", "azp", "client_id", "scope"};
constexpr std::array<std::string_view, 5> typed{"iss", "sub", "jti", "org_id", "permissions"};

std::string advice_on(std::string_view top) {
  if (top == "azp" || top == "client_id") return "write client:ID instead";
  if (top == "scope") return "write scope:NAME instead";
  return "that claim is judged before any rule";
}

Result<Slot, std::string> slot_of(const Trait& trait) {
  if (std::holds_alternative<AcrIs>(trait)) return Slot{"/acr", Form::text};
  if (std::holds_alternative<MaxAge>(trait)) return Slot{"/auth_time", Form::login};
  if (const auto* sender = std::get_if<BoundSender>(&trait))
    return Slot{*sender == BoundSender::dpop ? "/cnf/jkt" : "/cnf/x5t#S256", Form::text};
  const Atom& atom = std::get<Atom>(trait);
  switch (atom.kind) {
    case Atom::Kind::scope:
      return Slot{"/scope", Form::words};
    case Atom::Kind::permission:
      return Slot{"/permissions", Form::texts};
    case Atom::Kind::role:
      return Slot{"/roles", Form::texts};
    case Atom::Kind::organization:
      return Slot{"/org_id", Form::text};
    case Atom::Kind::client:
      return Slot{"/azp", Form::client};
    case Atom::Kind::claim:
      break;
  }
  const std::string_view top = top_of(atom.pointer);
  if (among(beyond_rules, top) || (among(typed, top) && is_nested(atom.pointer)))
    return "nothing can be proved about " + text_of(atom) + ": " + advice_on(top);
  if (top == "permissions") return Slot{atom.pointer, Form::texts};
  return Slot{atom.pointer, among(typed, top) ? Form::text : Form::values};
}

std::string value_of(const Trait& trait) {
  if (const auto* acr = std::get_if<AcrIs>(&trait)) return acr->value;
  if (const auto* sender = std::get_if<BoundSender>(&trait))
    return std::string{*sender == BoundSender::dpop ? some_key : some_certificate};
  const auto* atom = std::get_if<Atom>(&trait);
  return atom ? atom->value : std::string{};
}

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

// What has been decided about one claim.
struct Content {
  Form form;
  std::set<std::string> has, has_not;
};

// What has been decided so far about a caller. Copied where the search may come back.
class Draft {
 public:
  Draft(const Expectations& expect, std::chrono::sys_seconds now) : expect_(&expect), now_(now) {
    if (const auto* name = std::get_if<std::string>(&expect.issuer)) contents_["/iss"] = {Form::text, {*name}, {}};
  }

  /// @returns whether it does not contradict what was decided before
  bool add(const Wish& wish, const Slot& slot) {
    const bool has = wish.wanted == Wanted::has;
    if (slot.form == Form::login) return add_login(std::get<MaxAge>(wish.trait).most, wish.wanted);
    if (has && is_excluded(top_of(slot.pointer), expect_->profile)) return false;
    const std::string value = value_of(wish.trait);
    Content& content = contents_.try_emplace(slot.pointer, Content{slot.form, {}, {}}).first->second;
    (has ? content.has : content.has_not).insert(value);
    return !(content.has.contains(value) && content.has_not.contains(value)) &&
           !(holds_one(slot.form) && content.has.size() > 1);
  }

  /// The claims of a token that is accepted; nullopt: what a token needs beside the wishes contradicts them.
  std::optional<PossibleCaller> caller() const {
    Draft whole = *this;
    if (!whole.complete()) return std::nullopt;
    return PossibleCaller{whole.claims(Members::all), whole.claims(Members::wished)};
  }

 private:
  enum class Members : std::uint8_t { all, wished };

  bool add_login(seconds age, Wanted wanted) {
    if (wanted == Wanted::has)
      login_within_ = login_within_ ? std::min(*login_within_, age) : age;
    else
      login_beyond_ = login_beyond_ ? std::max(*login_beyond_, age) : age;
    return !login_within_ || !login_beyond_ || *login_beyond_ < *login_within_;
  }

  // A login at the earliest that is beyond, so that it stays beyond; without need of one, none.
  bool set_login() {
    if (!login_within_) return true;
    const seconds age = login_beyond_ ? *login_beyond_ + expect_->leeway + seconds{1} : seconds{0};
    login_ = now_.time_since_epoch() - age;
    return *login_ >= seconds{0};
  }

  // A text where one must be: the first of those that may.
  bool set_text(const std::string& pointer, Form form, const std::vector<std::string>& candidates) {
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
  std::vector<std::string> made_up(const std::string& pointer, const std::string& name) const {
    std::vector<std::string> names{name};
    const auto content = contents_.find(pointer);
    const std::size_t refused = content == contents_.end() ? 0 : content->second.has_not.size();
    for (std::size_t i = 0; i < refused; ++i) names.push_back(name + '-' + std::to_string(i + 1));
    return names;
  }

  bool complete() {
    if (!set_login()) return false;
    set_text("/sub", Form::text, made_up("/sub", "somebody"));
    if (expect_->profile == Profile::rfc9068) set_text("/jti", Form::text, made_up("/jti", "some-token"));
    return set_client();
  }

  bool set_client() {
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
    return set_text("/azp", Form::client, allowed ? *allowed : made_up("/azp", "some-client"));
  }

  // A claim and what lies below it.
  struct Member {
    std::map<std::string, Member> below;
    const Content* content = nullptr;
  };

  static std::string unescaped(std::string_view name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i)
      text += name[i] != '~' ? name[i] : name[++i] == '0' ? '~' : '/';  // a pointer: something follows the tilde
    return text;
  }

  static void write(JsonWriter& json, const Content& content) {
    if (content.form == Form::words) {
      std::string words;
      for (const std::string& word : content.has) words += (words.empty() ? "" : " ") + word;
      json.string(words);
      return;
    }
    if (content.form != Form::texts && content.has.size() == 1) {
      json.string(*content.has.begin());
      return;
    }
    json.begin_array();
    for (const std::string& text : content.has) json.string(text);
    json.end_array();
  }
  static void write(JsonWriter& json, const Member& member) {
    if (member.content) {
      write(json, *member.content);
      return;
    }
    json.begin_object();
    for (const auto& [name, value] : member.below) write(json.key(name), value);
    json.end_object();
  }

  std::string claims(Members members) const {
    Member root;
    for (const auto& [pointer, content] : contents_) {
      if (content.has.empty() || (members == Members::wished && (pointer == "/iss" || unasked_.contains(pointer))))
        continue;
      const bool as_client_id = content.form == Form::client && expect_->profile == Profile::rfc9068;
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

  const Expectations* expect_;
  std::chrono::sys_seconds now_;
  std::map<std::string, Content> contents_;  // by pointer
  std::set<std::string> unasked_;            // pointers that are there because a token needs them
  std::optional<seconds> login_within_, login_beyond_, login_;
};

// Two forms of one claim, or a claim in another: what the one holds decides what the other can.
Result<Done, std::string> check_places(const std::vector<Wishes>& wishes) {
  std::map<std::string, std::pair<Form, const Trait*>> known;
  for (const Wishes& ways : wishes)
    for (const Wish& wish : ways) {
      auto slot = slot_of(wish.trait);
      if (!slot) return slot.error();
      const auto [place, added] = known.emplace(slot->pointer, std::pair{slot->form, &wish.trait});
      if (!added && place->second.first != slot->form)
        return "nothing can be proved where one claim is asked for in two ways: " + slot->pointer;
    }
  for (const auto& [pointer, row] : known)
    for (auto above = pointer.rfind('/'); above != 0; above = pointer.rfind('/', above - 1))
      if (known.contains(pointer.substr(0, above)))
        return "nothing can be proved where a claim and what lies in it are asked for: " + pointer;
  return Done{};
}

class Search {
 public:
  Search(std::vector<Wishes> wishes, const IssuerRule& issuer, std::chrono::sys_seconds now)
      : wishes_(std::move(wishes)), expect_(issuer.expect), now_(now) {
    std::stable_sort(wishes_.begin(), wishes_.end(),
                     [](const Wishes& a, const Wishes& b) { return rank_of(a) < rank_of(b); });
  }

  Result<std::optional<PossibleCaller>, std::string> run() {
    std::size_t ways = 0;
    for (const Wishes& wish : wishes_) ways += wish.size();
    if (ways > most_ways) return std::string{"nothing can be proved about more than 1000 requirements at once"};
    if (const auto places = check_places(wishes_); !places) return places.error();
    auto found = go_on(0, Draft{expect_, now_});
    if (!found && !trouble_.empty()) return trouble_;
    return found;
  }

 private:
  // First what leaves no choice, then what is likely to contradict, so that little is tried in vain.
  static std::tuple<bool, bool, std::size_t> rank_of(const Wishes& ways) {
    const bool may_contradict = std::any_of(ways.begin(), ways.end(), [](const Wish& way) {
      const auto slot = slot_of(way.trait);
      return slot && holds_one(slot->form);
    });
    return {ways.size() > 1, !may_contradict, ways.size()};
  }

  std::optional<PossibleCaller> go_on(std::size_t next, const Draft& draft) {
    if (next == wishes_.size()) return accepted(draft.caller());
    for (const Wish& way : wishes_[next]) {
      if (++tries_ > most_tries) {
        trouble_ = "nothing can be proved: there are too many combinations";
        return std::nullopt;
      }
      Draft further = draft;
      if (!further.add(way, *slot_of(way.trait))) continue;
      if (auto found = go_on(next + 1, further)) return found;
    }
    return std::nullopt;
  }

  // By the very checks of a decision. What they refuse is not proved impossible: another way may be shorter.
  std::optional<PossibleCaller> accepted(std::optional<PossibleCaller> caller) {
    if (!caller) return caller;
    std::string typ = expect_.profile == Profile::rfc9068 ? "at+jwt" : "JWT";
    if (expect_.profile == Profile::generic && expect_.types) typ = expect_.types->items().front();
    JsonWriter header;
    header.begin_object().key("typ").string(typ).end_object();
    const auto head = JsonDocument::parse(header.text(), {});
    const auto claims = JsonDocument::parse(caller->claims, {});
    if (head && claims && caller->claims.size() * 4 / 3 + token_beside_claims <= TokenLimits{}.token &&
        check_claims(head->root(), claims->root(), expect_, now_))
      return caller;
    trouble_ = "nothing can be proved: a token with all that is asked for would be refused";
    return std::nullopt;
  }

  std::vector<Wishes> wishes_;
  const Expectations& expect_;
  std::chrono::sys_seconds now_;
  int tries_ = 0;
  std::string trouble_;
};

}  // namespace

Result<std::optional<PossibleCaller>, std::string> find_caller(std::vector<Wishes> wishes, const IssuerRule& issuer,
                                                               std::chrono::sys_seconds now) {
  return Search{std::move(wishes), issuer, now}.run();
}

void add_wishes_of(const Condition& condition, std::vector<Wishes>& wishes) {
  struct Adder {
    std::vector<Wishes>& wishes;
    void operator()(const AllOf& all) const {
      for (const Atom& atom : all.atoms.items()) wishes.push_back({{Wanted::has, atom}});
    }
    void operator()(const AnyOf& any) const {
      Wishes ways;
      for (const Atom& atom : any.atoms.items()) ways.push_back({Wanted::has, atom});
      wishes.push_back(std::move(ways));
    }
    void operator()(const NoneOf& none) const {
      for (const Atom& atom : none.atoms.items()) wishes.push_back({{Wanted::has_not, atom}});
    }
    void operator()(const MaxAge& age) const { wishes.push_back({{Wanted::has, age}}); }
    void operator()(const AnyAcr& acr) const {
      Wishes ways;
      for (const std::string& value : acr.values.items()) ways.push_back({Wanted::has, AcrIs{value}});
      wishes.push_back(std::move(ways));
    }
    void operator()(BoundSender sender) const { wishes.push_back({{Wanted::has, sender}}); }
  };
  std::visit(Adder{wishes}, condition);
}

}  // namespace portcullis
