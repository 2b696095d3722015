// For generated rules and statements: prove_never() says what all callers and requests there are, tried one
// after the other, say; and its counter-examples, signed, get what they say from an Authorizer.
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <bit>
#include <cstdio>
#include <map>
#include <random>

#include "core/access/never.h"
#include "core/access/requirement.h"
#include "core/token/certificate.h"
#include "tests/case_count.h"
#include "tests/dpop_client.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using Kind = Atom::Kind;
using SegmentKind = RoutePattern::Segment::Kind;
using Callers = Statement::Callers;
using Vocabulary = std::vector<Trait>;

constexpr int usual_rule_sets = testing::generated_cases(2'000);

Trait claim(const char* pointer, const char* value) {
  return Atom{Kind::claim, value, pointer};
}
Trait login_within(int seconds) {
  return MaxAge{std::chrono::seconds{seconds}};
}

// Ten things each: what excludes each other, what implies each other, and what has nothing to do with the rest.
const std::array<Vocabulary, 5>& vocabularies() {
  static const std::array<Vocabulary, 5> all{
      Vocabulary{Atom{Kind::scope, "a"}, Atom{Kind::scope, "b"}, Atom{Kind::permission, "p"}, Atom{Kind::role, "r"},
                 Atom{Kind::organization, "o1"}, Atom{Kind::organization, "o2"}, Atom{Kind::client, "c1"},
                 Atom{Kind::client, "c2"}, claim("/plan", "gold"), AcrIs{"gold"}},
      Vocabulary{login_within(300), login_within(3600), AcrIs{"gold"}, claim("/plan", "gold"), claim("/plan", "free"),
                 Atom{Kind::scope, "a"}, Atom{Kind::permission, "p"}, Atom{Kind::permission, "q"},
                 claim("/app/tier", "pro"), claim("/app/seats", "5")},
      Vocabulary{Atom{Kind::scope, "a"}, Atom{Kind::scope, "b"}, Atom{Kind::scope, "c"}, Atom{Kind::permission, "p"},
                 claim("/permissions", "q"), Atom{Kind::role, "r"}, Atom{Kind::role, "s"},
                 claim("/https:~1~1x.example~1team", "red"), claim("/sub", "somebody"), claim("/sub", "ada")},
      Vocabulary{login_within(300), login_within(310), AcrIs{"gold"}, Atom{Kind::organization, "o1"},
                 Atom{Kind::client, "c1"}, AcrIs{"silver"}, Atom{Kind::scope, "a"}, claim("/org_id", "o1"),
                 claim("/plan", "gold"), claim("/iss", "https://tenant.example.com/")},
      Vocabulary{BoundSender::dpop, Atom{Kind::scope, "a"}, BoundSender::mtls, Atom{Kind::scope, "b"},
                 Atom{Kind::client, "c1"}, AcrIs{"silver"}, login_within(300), Atom{Kind::organization, "o1"},
                 claim("/plan", "gold"), AcrIs{"gold"}},
  };
  return all;
}

const testing::Signer& signer() {
  static const testing::Signer one;
  return one;
}

/// Three kinds of tokens, and lists of clients.
std::vector<IssuerRule> known_issuers() {
  std::vector<IssuerRule> issuers(5, signer().issuer());
  issuers[1].expect.profile = Profile::id_token;
  issuers[1].expect.audiences = NonEmpty<std::string>{"c1"};
  issuers[2].expect.profile = Profile::rfc9068;
  issuers[3].expect.clients = NonEmpty<std::string>{"c2"};
  issuers[4].expect.profile = Profile::rfc9068;
  issuers[4].expect.clients = NonEmpty<std::string>{"c1"};
  for (std::size_t i = 1; i < issuers.size(); ++i)
    issuers[i].expect.issuer = "https://tenant" + std::to_string(i) + ".example.com/";
  return issuers;
}

std::string sign(const std::string& claims, Profile profile) {
  return signer().sign(claims, "test", profile == Profile::rfc9068 ? "at+jwt" : "JWT");
}

constexpr std::string_view shared_secret = "thirty-two octets, for the tests";

// There are thousands of callers to try, and what they are does not depend on the algorithm.
std::string sign_quickly(const std::string& claims, Profile profile) {
  const std::string typ = profile == Profile::rfc9068 ? "at+jwt" : "JWT";
  const std::string input =
      base64url_encode(R"({"alg":"HS256","typ":")" + typ + "\"}") + '.' + base64url_encode(claims);
  std::string digest(32, '\0');
  HMAC(EVP_sha256(), shared_secret.data(), static_cast<int>(shared_secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(),
       reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  std::string token = input + '.' + base64url_encode(digest);
  testing::note_token(token);
  return token;
}

Caller caller_of(const VerifiedToken& token) {
  return {token, testing::new_year().wall, std::chrono::seconds{30}};
}

bool has(const Trait& trait, const VerifiedToken& token) {
  if (const auto* atom = std::get_if<Atom>(&trait)) return holds(*atom, token) == Holds::yes;
  if (const auto* age = std::get_if<MaxAge>(&trait))
    return unmet(Requirement{NonEmpty<Condition>{*age}}, caller_of(token)).empty();
  if (const auto* sender = std::get_if<BoundSender>(&trait))
    return unmet(Requirement{NonEmpty<Condition>{*sender}}, caller_of(token)).empty();
  return unmet(Requirement{NonEmpty<Condition>{AnyAcr{NonEmpty<std::string>{std::get<AcrIs>(trait).value}}}},
               caller_of(token))
      .empty();
}

/// Of no token, nothing is had.
bool fulfils(const Statement& statement, const std::optional<VerifiedToken>& token) {
  if (statement.callers == (token ? Callers::anonymous : Callers::verified)) return false;
  return std::all_of(statement.wishes.begin(), statement.wishes.end(), [&](const Wishes& ways) {
    return std::any_of(ways.begin(), ways.end(), [&](const Wish& wish) {
      return (token && has(wish.trait, *token)) == (wish.wanted == Wanted::has);
    });
  });
}

bool admits(const Rules& rules, std::optional<RouteIndex> rule, const std::optional<VerifiedToken>& token) {
  if (!rule) return token && rules.fallback == DefaultAccess::authenticated;
  const RouteRule& route = rules.routes[*rule];
  if (route.mode == Mode::report || std::holds_alternative<PublicAccess>(route.access)) return true;
  return token && unmet(route.access, caller_of(*token)).empty();
}

// Every token that some of the things make, as far as the issuer accepts it; kept, for they come again.
class AllCallers {
 public:
  const std::optional<VerifiedToken>& with(std::size_t vocabulary, unsigned chosen, const IssuerRule& issuer,
                                           const std::string& other_client) {
    const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
    auto [place, added] = known_.try_emplace(Key{vocabulary, chosen, *name, other_client});
    if (!added) return place->second;
    const auto claims = claims_of(vocabularies()[vocabulary], chosen, issuer.expect, other_client);
    if (!claims) return place->second;
    Expectations expect = issuer.expect;
    expect.algorithms = NonEmpty<Algorithm>{Algorithm::HS256};
    auto token = parse_token(sign_quickly(*claims, expect.profile), {});
    auto verified = verify(*std::move(token), shared_key_, expect, testing::new_year().wall);
    if (verified) place->second = *std::move(verified);
    return place->second;
  }

 private:
  using Key = std::tuple<std::size_t, unsigned, std::string, std::string>;

  static constexpr int none = 1'000'000'000;  // no login

  struct Texts {
    std::map<std::string, std::vector<std::string>> lists;  // scope, permissions, roles
    std::map<std::string, std::vector<std::string>> ones;   // by member; several contradict
    std::vector<std::string> plans, teams, app, senders;
    int youngest = none, not_within = 0;
  };

  static std::string list_of(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "\"" : ",\"") + text + '"';
    return '[' + list + ']';
  }

  static std::string object_of(const char* name, const std::vector<std::string>& members) {
    std::string object;
    for (const std::string& member : members) object += (object.empty() ? "" : ",") + member;
    return object.empty() ? object : std::string{",\""} + name + "\":{" + object + '}';
  }

  static void put(const Atom& atom, const Expectations& expect, Texts& texts) {
    const std::string client = expect.profile == Profile::rfc9068 ? "client_id" : "azp";
    if (atom.kind == Kind::scope) texts.lists["scope"].push_back(atom.value);
    if (atom.kind == Kind::permission || atom.pointer == "/permissions")
      texts.lists["permissions"].push_back(atom.value);
    if (atom.kind == Kind::role) texts.lists["roles"].push_back(atom.value);
    if (atom.kind == Kind::organization || atom.pointer == "/org_id") texts.ones["org_id"] = {atom.value};
    if (atom.kind == Kind::client) texts.ones[client].push_back(atom.value);
    if (atom.pointer == "/plan") texts.plans.push_back(atom.value);
    if (atom.pointer.ends_with("team")) texts.teams.push_back(atom.value);
    if (atom.pointer == "/sub") texts.ones["sub"].push_back(atom.value);
    if (atom.pointer == "/app/tier") texts.app.emplace_back(R"("tier":"pro")");
    if (atom.pointer == "/app/seats") texts.app.emplace_back(R"("seats":5)");
  }

  static void put(BoundSender sender, Texts& texts) {
    const bool key = sender == BoundSender::dpop;
    texts.senders.push_back((key ? R"("jkt":")" : R"("x5t#S256":")") + std::string{key ? some_key : some_certificate} +
                            '"');
  }

  static std::optional<std::string> claims_of(const Vocabulary& vocabulary, unsigned chosen, const Expectations& expect,
                                              const std::string& other_client) {
    Texts texts;
    for (std::size_t i = 0; i < vocabulary.size(); ++i) {
      const bool wanted = ((chosen >> i) & 1U) != 0;
      if (const auto* age = std::get_if<MaxAge>(&vocabulary[i])) {
        const int seconds = static_cast<int>(age->most.count());
        if (wanted)
          texts.youngest = std::min(texts.youngest, seconds);
        else if (texts.youngest == none)  // the shorter comes first, and implies the longer
          texts.not_within = seconds + 31;
      }
      if (!wanted) continue;
      if (const auto* acr = std::get_if<AcrIs>(&vocabulary[i])) texts.ones["acr"].push_back(acr->value);
      if (const auto* sender = std::get_if<BoundSender>(&vocabulary[i])) put(*sender, texts);
      if (const auto* atom = std::get_if<Atom>(&vocabulary[i])) put(*atom, expect, texts);
    }
    const char* client = expect.profile == Profile::rfc9068 ? "client_id" : "azp";
    if (texts.ones[client].empty() && !other_client.empty()) texts.ones[client].push_back(other_client);
    if (texts.ones["sub"].empty()) texts.ones["sub"].push_back("auth0|u1");
    std::string json = R"({"iss":")" + std::get<std::string>(expect.issuer) + R"(","aud":")" +
                       expect.audiences.items().front() + R"(","iat":1767225540,"exp":1767229200,"jti":"t")";
    for (const auto& [name, values] : texts.ones) {
      if (values.size() > 1 && (values.front() != values.back())) return std::nullopt;
      if (!values.empty()) json += ",\"" + name + "\":\"" + values.front() + '"';
    }
    for (const auto& [name, values] : texts.lists) {
      std::string words;
      for (const std::string& value : values) words += (words.empty() ? "" : " ") + value;
      json += ",\"" + name + "\":" + (name == "scope" ? '"' + words + '"' : list_of(values));
    }
    if (!texts.plans.empty()) json += R"(,"plan":)" + list_of(texts.plans);
    if (!texts.teams.empty()) json += R"(,"https://x.example/team":)" + list_of(texts.teams);
    json += object_of("app", texts.app) + object_of("cnf", texts.senders);
    if (texts.youngest < none) {  // as old as it must be, but for the leeway
      json += R"(,"auth_time":)" + std::to_string(1767225600 - texts.not_within);
    }
    return json + '}';
  }

  const VerificationKey shared_key_ = *VerificationKey::from_secret(shared_secret);
  std::map<Key, std::optional<VerifiedToken>> known_;
};

// Few words, so that routes collide often.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string path(std::size_t most) {
    std::string path;
    for (std::size_t left = 1 + below(most); left > 0; --left) {
      const std::size_t kind = below(6);
      if (kind == 0 && left == 1) return path + "/{rest+}";
      if (kind == 1 && left == 1 && !path.empty()) return path + '/';
      path += kind < 3 ? "/{p}" : kind < 5 ? "/a" : "/b";
    }
    return path;
  }
  std::string route(std::size_t most = 2) {
    if (one_in(20)) return "$connect";
    const char* method = one_in(3) ? "ANY" : one_in(2) ? "GET" : "POST";
    return method + (" " + path(most));
  }

  // Seldom many: brute force tries all their combinations.
  const Trait& trait(const Vocabulary& from) { return from[one_in(4) ? below(from.size()) : below(5)]; }
  template <class Kept>
  NonEmpty<Kept> some(const Vocabulary& from, std::size_t most, const Kept& otherwise) {
    std::vector<Kept> kept;
    for (std::size_t n = 1 + below(most); n > 0; --n) {
      const Trait& one = trait(from);
      if (const auto* it = std::get_if<Kept>(&one)) kept.push_back(*it);
    }
    if (kept.empty()) kept.push_back(otherwise);
    return *NonEmpty<Kept>::from(std::move(kept));
  }
  Access access(const Vocabulary& from) {
    if (one_in(9)) return PublicAccess{};
    if (one_in(8)) return AuthenticatedAccess{};
    const Atom first{Kind::scope, "a"};
    std::vector<Condition> conditions;
    if (one_in(2)) conditions.emplace_back(AllOf{some<Atom>(from, 2, first)});
    if (one_in(2)) conditions.emplace_back(AnyOf{some<Atom>(from, 3, first)});
    if (one_in(2) || conditions.empty()) conditions.emplace_back(NoneOf{some<Atom>(from, 2, first)});
    for (const Trait& one : {trait(from), from[0], from[2], from.back()}) {
      if (const auto* age = std::get_if<MaxAge>(&one); age && one_in(2)) conditions.emplace_back(*age);
      if (const auto* sender = std::get_if<BoundSender>(&one); sender && one_in(4)) conditions.emplace_back(*sender);
      if (const auto* acr = std::get_if<AcrIs>(&one); acr && one_in(3)) {
        std::vector<std::string> values{acr->value};
        if (const auto* other = std::get_if<AcrIs>(&from[5]); other && one_in(2)) values.push_back(other->value);
        conditions.emplace_back(AnyAcr{*NonEmpty<std::string>::from(values)});
      }
    }
    return Requirement{*NonEmpty<Condition>::from(std::move(conditions))};
  }

  Rules rules(const Vocabulary& from) {
    Rules rules;
    RouteTable known;
    for (std::size_t n = below(4); n < 5; ++n) {
      const std::string text = route();
      if (known.add(*RoutePattern::parse(text), 0)) continue;
      Access needed = access(from);
      const bool report = one_in(9) && !std::holds_alternative<PublicAccess>(needed);
      rules.routes.push_back({text, std::move(needed), "test", report ? Mode::report : Mode::enforce});
    }
    rules.fallback = one_in(4) ? DefaultAccess::authenticated : DefaultAccess::deny;
    const auto issuers = known_issuers();
    rules.issuers.push_back(issuers[one_in(2) ? 0 : below(issuers.size())]);
    if (one_in(4) && rules.issuers.front().expect.profile != Profile::id_token) rules.issuers.push_back(issuers[1]);
    return rules;
  }

  Statement statement(const Vocabulary& from, const Rules& rules) {
    Statement made;
    const std::string own = rules.routes.empty() ? "GET /a" : rules.routes[below(rules.routes.size())].route;
    if (one_in(8)) {
      for (const char* all : {"ANY /", "ANY /{path+}", "$connect"}) made.requests.push_back(*RoutePattern::parse(all));
    } else {
      made.requests.push_back(*RoutePattern::parse(one_in(2) ? own : route(3)));
    }
    const std::size_t kind = below(5);
    if (kind == 0) made.callers = Callers::anonymous;
    if (kind == 1) made.callers = Callers::verified;
    for (std::size_t n = kind == 0 ? 0 : below(4); n > 0; --n) {
      const Wanted wanted = one_in(3) ? Wanted::has : Wanted::has_not;
      Wishes ways;
      for (std::size_t m = one_in(2) ? 1 : 2; m > 0; --m) ways.push_back({wanted, trait(from)});
      made.wishes.push_back(std::move(ways));
    }
    return made;
  }

 private:
  std::mt19937 random_;
};

bool matches(const RoutePattern& pattern, const SampleRequest& request) {
  if (pattern.web_socket_connect() || request.method.empty())
    return pattern.web_socket_connect() && request.method.empty();
  if (!pattern.any_method() && pattern.method != request.method) return false;
  std::string_view rest = request.path;
  for (const auto& segment : pattern.segments) {
    if (!rest.starts_with('/')) return false;
    rest.remove_prefix(1);
    if (segment.kind == SegmentKind::rest) return !rest.empty();
    const std::string_view here = rest.substr(0, rest.find('/'));
    if (segment.kind == SegmentKind::literal ? here != segment.text : here.empty()) return false;
    rest.remove_prefix(here.size());
  }
  return rest.empty();
}

// Every path of up to three segments over the words of the rules and one more, with and without a final slash.
const std::vector<SampleRequest>& all_requests() {
  static const std::vector<SampleRequest> all = [] {
    std::vector<std::string> paths{""};
    for (std::size_t from = 0, length = 1; length <= 3; ++length) {
      const std::size_t to = paths.size();
      for (; from < to; ++from)
        for (const char* word : {"/a", "/b", "/else"}) paths.push_back(paths[from] + word);
    }
    std::vector<SampleRequest> requests{{"", "$connect"}};
    for (const char* method : {"GET", "POST", "TRACE"})
      for (const std::string& path : paths) {
        if (!path.empty()) requests.push_back({method, path});
        requests.push_back({method, path + '/'});
      }
    return requests;
  }();
  return all;
}

enum class Asks : std::uint8_t { as_usual, for_web_socket };

/// Which rules answer the requests of a statement, and how these ask.
std::map<std::optional<RouteIndex>, std::set<Asks>> answers(const Rules& rules, const Statement& statement) {
  RouteTable table;
  for (std::size_t i = 0; i < rules.routes.size(); ++i)
    table.add(*RoutePattern::parse(rules.routes[i].route), static_cast<RouteIndex>(i));
  std::map<std::optional<RouteIndex>, std::set<Asks>> found;
  for (const SampleRequest& request : all_requests())
    for (const RoutePattern& pattern : statement.requests)
      if (matches(pattern, request)) {
        found[table.find(request.method, request.path)].insert(request.method.empty() ? Asks::for_web_socket
                                                                                      : Asks::as_usual);
        break;
      }
  return found;
}

void note(const Trait& trait, const Vocabulary& vocabulary, unsigned& used) {
  const auto same = [&](const Trait& other) {
    if (trait.index() != other.index()) return false;
    if (const auto* atom = std::get_if<Atom>(&trait)) return *atom == std::get<Atom>(other);
    if (const auto* acr = std::get_if<AcrIs>(&trait)) return acr->value == std::get<AcrIs>(other).value;
    if (const auto* sender = std::get_if<BoundSender>(&trait)) return *sender == std::get<BoundSender>(other);
    return std::get<MaxAge>(trait).most == std::get<MaxAge>(other).most;
  };
  for (std::size_t i = 0; i < vocabulary.size(); ++i)
    if (same(vocabulary[i])) used |= 1U << i;
}

/// Which of the ten things rules and statement speak of.
unsigned used_things(const Rules& rules, const Statement& statement, const Vocabulary& vocabulary) {
  unsigned used = 0;
  std::vector<Wishes> wishes = statement.wishes;
  for (const RouteRule& route : rules.routes)
    if (const auto* requirement = std::get_if<Requirement>(&route.access))
      for (const Condition& condition : requirement->conditions.items()) add_wishes_of(condition, wishes);
  for (const Wishes& ways : wishes)
    for (const Wish& wish : ways) note(wish.trait, vocabulary, used);
  return used;
}

// Those who come where no client is asked for: some tokens must name one.
std::vector<const char*> clients_beside(const Expectations& expect) {
  if (expect.profile != Profile::rfc9068 && !expect.clients) return {""};
  return {"other", "c1", "c2"};
}

struct Tally {
  int proved = 0, refuted = 0, signed_and_decided = 0;
  long tried = 0;
  int most_things = 0;
};

/// Whether any caller of all there are gets in where and as the statement says.
bool can_happen(const Rules& rules, const Statement& statement, std::size_t vocabulary, AllCallers& callers,
                Tally& tally) {
  const auto rules_asked = answers(rules, statement);
  const auto gets_in = [&](const std::optional<VerifiedToken>& token) {
    ++tally.tried;
    // A proof is for a method and a URL, which $connect has not.
    const bool proves = !token || !has(BoundSender::dpop, *token);
    return fulfils(statement, token) && std::any_of(rules_asked.begin(), rules_asked.end(), [&](const auto& rule) {
             return (proves || rule.second.contains(Asks::as_usual)) && admits(rules, rule.first, token);
           });
  };
  if (gets_in(std::nullopt)) return true;
  const unsigned used = used_things(rules, statement, vocabularies()[vocabulary]);
  tally.most_things = std::max(tally.most_things, std::popcount(used));
  for (const IssuerRule& issuer : rules.issuers)
    for (unsigned chosen = used;; chosen = (chosen - 1) & used) {
      for (const char* client : clients_beside(issuer.expect)) {
        const auto& token = callers.with(vocabulary, chosen, issuer, client);
        if (token && gets_in(token)) return true;
      }
      if (chosen == 0) break;
    }
  return false;
}

/// The counter-example as a request, with the key and the certificate that its token names.
Decision decide(const Rules& rules, const CounterExample& found, Profile profile) {
  static const testing::DpopClient client;
  static const std::string certificate = "-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
  const auto authorizer = Authorizer::make(rules, {});
  std::string claims = found.caller ? found.caller->claims : "";
  const auto put = [&](std::string_view placeholder, const std::string& thumbprint) {
    const std::size_t at = claims.find(placeholder);
    if (at != claims.npos) claims.replace(at, placeholder.size(), thumbprint);
    return at != claims.npos;
  };
  const bool by_key = put(some_key, client.thumbprint());
  const bool by_certificate = put(some_certificate, thumbprint_of_certificate(certificate)->text);
  const std::string url = "https://api.example.com" + found.request.path;
  const std::string token = found.caller ? sign(claims, profile) : "";
  const std::string value = (by_key ? "DPoP " : "Bearer ") + token;
  const std::string proof = client.prove(found.request.method, url, token, "1");
  const std::array<Header, 2> headers{{{"Authorization", value}, {"DPoP", proof}}};
  const std::size_t sent = (found.caller ? 1U : 0U) + (by_key ? 1U : 0U);
  Step step = authorizer->begin({found.request.method,
                                 found.request.path,
                                 "",
                                 {headers.data(), sent},
                                 url,
                                 by_certificate ? std::string_view{certificate} : std::string_view{}},
                                testing::new_year());
  return std::get<Settled>(std::move(step)).decision;
}

Profile profile_of(const Rules& rules, const CounterExample& found) {
  for (const IssuerRule& issuer : rules.issuers)
    if (found.caller && found.caller->claims.find(std::get<std::string>(issuer.expect.issuer)) != std::string::npos)
      return issuer.expect.profile;
  return Profile::auth0_access;
}

void check_counter_example(const Rules& rules, const Statement& statement, const CounterExample& found) {
  const Decision decision = decide(rules, found, profile_of(rules, found));
  EXPECT_TRUE(decision.passes()) << decision.detail;
  EXPECT_EQ(decision.route(), found.rule ? rules.routes[*found.rule].route : "");
  EXPECT_EQ(decision.token.has_value(), found.caller.has_value()) << decision.detail;
  EXPECT_TRUE(fulfils(statement, decision.token));
  EXPECT_TRUE(std::any_of(statement.requests.begin(), statement.requests.end(), [&](const RoutePattern& pattern) {
    return matches(pattern, found.request);
  })) << found.request.path;
}

std::string text_of(const Rules& rules, const Statement& statement) {
  std::string text;
  for (const RouteRule& route : rules.routes)
    text += route.route + "   " + portcullis::text_of(route.access) +
            (route.mode == Mode::report ? "   mode: report\n" : "\n");
  text += "never from:";
  for (const RoutePattern& pattern : statement.requests) {
    text += ' ' + pattern.method;
    for (const auto& segment : pattern.segments)
      text += segment.kind == SegmentKind::literal ? '/' + segment.text : "/{" + segment.text + '}';
  }
  for (const Wishes& ways : statement.wishes) {
    text += "\n ";
    for (const Wish& wish : ways) {
      text += wish.wanted == Wanted::has ? " has " : " has not ";
      if (const auto* atom = std::get_if<Atom>(&wish.trait)) text += portcullis::text_of(*atom);
      if (const auto* acr = std::get_if<AcrIs>(&wish.trait)) text += "acr " + acr->value;
      if (const auto* age = std::get_if<MaxAge>(&wish.trait)) text += std::to_string(age->most.count()) + " s";
      if (const auto* sender = std::get_if<BoundSender>(&wish.trait))
        text += *sender == BoundSender::dpop ? "dpop" : "mtls";
    }
  }
  return text;
}

int rule_sets() {
  const char* more = std::getenv("PORTCULLIS_SOAK");
  return more ? std::atoi(more) : usual_rule_sets;
}

TEST(ProveNever, AgreesWithAllCallersAndItsCounterExamplesAreDecidedAsItSays) {
  AllCallers callers;
  Tally tally;
  const auto now = std::chrono::floor<std::chrono::seconds>(testing::new_year().wall);
  const int sets = rule_sets();
  for (int seed = 1; seed <= sets && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator random{static_cast<unsigned>(seed)};
    const std::size_t vocabulary = random.below(vocabularies().size());
    const Rules rules = random.rules(vocabularies()[vocabulary]);
    const Statement statement = random.statement(vocabularies()[vocabulary], rules);
    const auto answer = prove_never(rules, statement, now);
    ASSERT_TRUE(answer) << answer.error();
    const auto* found = std::get_if<CounterExample>(&*answer);
    EXPECT_EQ(found != nullptr, can_happen(rules, statement, vocabulary, callers, tally))
        << text_of(rules, statement) << (found && found->caller ? found->caller->claims : "");
    if (found) {
      check_counter_example(rules, statement, *found);
      tally.signed_and_decided += found->caller ? 1 : 0;
    } else {
      const auto& asked = std::get<Proof>(*answer).answers;
      std::set<std::optional<RouteIndex>> tried;
      for (const auto& [rule, how] : answers(rules, statement)) tried.insert(rule);
      EXPECT_EQ(std::set(asked.begin(), asked.end()), tried);
    }
    ++(found ? tally.refuted : tally.proved);
  }
  std::printf(
      "%d rule sets: %d statements proved, %d refuted (%d callers signed and decided), %ld callers of up to %d atoms "
      "tried\n",
      sets, tally.proved, tally.refuted, tally.signed_and_decided, tally.tried, tally.most_things);
  EXPECT_GT(tally.proved, sets / 5);
  EXPECT_GT(tally.signed_and_decided, sets / 5);
}

}  // namespace
}  // namespace portcullis
