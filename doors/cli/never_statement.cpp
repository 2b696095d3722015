#include "doors/cli/never_statement.h"

#include <algorithm>
#include <array>

#include "core/access/requirement.h"
#include "core/token/printable.h"
#include "edge/config/access.h"
#include "edge/config/values.h"

namespace portcullis::cli {
namespace {

using Callers = Statement::Callers;

constexpr std::size_t most_bytes = 4096;
constexpr std::size_t most_shown = 80;

struct Word {
  std::string text;
  std::size_t column;
  enum class Written : std::uint8_t { plain, quoted } written = Written::plain;

  bool is(std::string_view other) const { return written == Written::plain && text == other; }
};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Result<std::vector<Word>, StatementFault> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t begin = 0; begin < text.size();) {
    if (text[begin] == ' ') {
      ++begin;
      continue;
    }
    const std::size_t column = characters(text.substr(0, begin)) + 1;
    if (text[begin] == '\'') {
      const std::size_t end = text.find('\'', begin + 1);
      if (end == text.npos) return StatementFault{column, "this quote does not end"};
      words.push_back({std::string{text.substr(begin + 1, end - begin - 1)}, column, Word::Written::quoted});
      begin = end + 1;
      continue;
    }
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back({std::string{text.substr(begin, end - begin)}, column});
    begin = end;
  }
  return words;
}

std::string shown(const std::string& text) {
  return printable(text, most_shown);
}

/// What is wrong where one of the known words should stand, with the nearest of them.
template <std::size_t n>
std::string expected(const Word& found, const std::array<std::string_view, n>& known, const std::string& what) {
  std::string message =
      found.text.empty() ? what + " is missing" : shown(found.text) + " stands where " + what + " does";
  const std::string suggestion = config::nearest(found.text, known);
  return suggestion.empty() ? message : message + "; did you mean '" + suggestion + "'?";
}

class Parser {
 public:
  Parser(std::vector<Word> words, std::size_t length) : words_(std::move(words)), end_{{}, length + 1} {}

  Result<Statement, StatementFault> run() {
    if (read_target() && read_outcome()) return std::move(statement_);
    return std::move(fault_);
  }

 private:
  const Word& word() const { return at_ < words_.size() ? words_[at_] : end_; }
  bool ended() const { return at_ >= words_.size(); }
  bool refuse(const Word& word, std::string message) {
    fault_ = {word.column, std::move(message)};
    return false;
  }
  bool take(std::string_view known) {
    if (!word().is(known)) return false;
    ++at_;
    return true;
  }

  bool add_route(const std::string& text, const Word& place) {
    auto pattern = RoutePattern::parse(text);
    if (!pattern) return refuse(place, pattern.error());
    statement_.requests.push_back(*std::move(pattern));
    return true;
  }

  bool read_target() {
    const Word first = word();
    if (take("any")) {
      if (!take("route"))
        return refuse(word(), expected(word(), std::array<std::string_view, 1>{"route"}, "'any route'"));
      for (const char* all : {"ANY /", "ANY /{path+}", "$connect"})
        if (!add_route(all, first)) return false;
      return true;
    }
    if (take(web_socket_connect_path)) return add_route(first.text, first);
    if (first.text.empty() || words_.size() < 2)
      return refuse(first,
                    "a statement is ROUTE is public, or ROUTE is allowed with …, such as \"ANY /admin/{path+} is "
                    "allowed without permission:admin\"");
    const Word path = words_[1];
    at_ = 2;
    if (!path.text.starts_with('/')) {
      const auto method = RoutePattern::parse(first.text + " /");
      return refuse(method ? path : first,
                    "a statement begins with a route, such as \"GET /orders/{id}\", or with \"any route\"");
    }
    return add_route(first.text + ' ' + path.text, RoutePattern::parse(first.text + " /") ? path : first);
  }

  bool read_outcome() {
    constexpr std::array<std::string_view, 2> outcomes{"public", "allowed"};
    if (!take("is")) return refuse(word(), expected(word(), std::array<std::string_view, 1>{"is"}, "'is'"));
    if (take("public")) {
      statement_.callers = Callers::anonymous;
      return ended() || refuse(word(), "nothing follows 'public'");
    }
    if (!take("allowed")) return refuse(word(), expected(word(), outcomes, "'public' or 'allowed'"));
    while (!ended()) {
      const Word begin = word();
      if (take("with")) {
        if (!read_things(Wanted::has)) return false;
      } else if (take("without")) {
        if (!read_things(Wanted::has_not)) return false;
      } else {
        constexpr std::array<std::string_view, 4> going_on{"with", "without", "and", "or"};
        return refuse(begin, expected(begin, going_on, "'with' or 'without'"));
      }
      if (statement_.callers == Callers::anonymous && asks_for_something())
        return refuse(begin, "who comes without a token has nothing");
    }
    return true;
  }

  bool asks_for_something() const {
    return std::any_of(statement_.wishes.begin(), statement_.wishes.end(),
                       [](const Wishes& ways) { return ways.front().wanted == Wanted::has; });
  }

  bool read_things(Wanted wanted) {
    const Word first = word();
    if (take("token")) {
      const Callers callers = wanted == Wanted::has ? Callers::verified : Callers::anonymous;
      if (statement_.callers != Callers::anybody && statement_.callers != callers)
        return refuse(first, "nobody comes both with and without a token");
      statement_.callers = callers;
      if (!word().is("and") && !word().is("or")) return true;
      return refuse(word(), "'token' stands alone; go on with 'with' or 'without'");
    }
    std::vector<Wish> all;
    std::string between;
    do {
      auto trait = read_trait();
      if (!trait) return false;
      all.push_back({wanted, *std::move(trait)});
      const Word join = word();
      if (!take("and") && !take("or")) break;
      if (!between.empty() && between != join.text)
        return refuse(join, "'and' and 'or' in one list can be read in two ways; begin anew with 'with' or 'without'");
      between = join.text;
    } while (true);
    // Not (a and b) is "not a, or not b"; not (a or b) is "not a" and "not b".
    const bool one_is_enough = (between == "or") == (wanted == Wanted::has);
    if (one_is_enough || all.size() == 1) {
      statement_.wishes.push_back(std::move(all));
    } else {
      for (Wish& wish : all) statement_.wishes.push_back({std::move(wish)});
    }
    return true;
  }

  std::optional<Trait> read_trait() {
    const Word place = word();
    const auto refused = [&](std::string message) {
      refuse(place, std::move(message));
      return std::nullopt;
    };
    if (ended()) return refused("a requirement is missing, such as scope:read:orders");
    ++at_;
    if (place.written == Word::Written::plain && place.text.ends_with(','))
      return refused("'and' or 'or' stands between requirements, not a comma");
    const std::size_t colon = place.text.find(':');
    const std::string kind = place.text.substr(0, colon);
    const std::string value = colon == std::string::npos ? "" : place.text.substr(colon + 1);
    if (kind == "max_age") return read_age(value, refused);
    if (kind == "sender") {
      if (value == "dpop") return BoundSender::dpop;
      if (value == "mtls") return BoundSender::mtls;
      return refused("a sender is sender:dpop or sender:mtls");
    }
    if (kind == "acr") {
      if (value.empty()) return refused("'acr:' names nothing; write acr:NAME");
      std::string fault = fault_of(Condition{AnyAcr{NonEmpty<std::string>{value}}});
      return fault.empty() ? std::optional<Trait>{AcrIs{value}} : refused(std::move(fault));
    }
    auto atom = config::parse_atom(place.text);
    if (!atom) {
      constexpr std::array<std::string_view, 10> kinds{"scope", "permission", "role",    "organization", "client",
                                                       "claim", "acr",        "max_age", "sender",       "token"};
      const std::string near = config::nearest(kind, kinds);
      return refused(near.empty() || near == kind ? atom.error()
                                                  : shown(kind) + " is no requirement; did you mean '" + near + "'?");
    }
    if (std::string fault = fault_of(*atom); !fault.empty()) return refused(std::move(fault));
    return Trait{*std::move(atom)};
  }

  template <class Refused>
  static std::optional<Trait> read_age(const std::string& value, const Refused& refused) {
    const auto age = config::parse_duration(value);
    if (!age) return refused("max_age:DURATION has a whole number and a unit, such as max_age:5m");
    std::string fault = fault_of(Condition{MaxAge{*age}});
    return fault.empty() ? std::optional<Trait>{MaxAge{*age}} : refused(std::move(fault));
  }

  std::vector<Word> words_;
  Word end_;  // behind the last
  std::size_t at_ = 0;
  Statement statement_;
  StatementFault fault_{1, {}};
};

}  // namespace

Result<Statement, StatementFault> parse_statement(std::string_view text) {
  if (text.size() > most_bytes) return StatementFault{1, "a statement has at most 4096 bytes"};
  auto words = words_of(text);
  if (!words) return words.error();
  return Parser{*std::move(words), characters(text)}.run();
}

}  // namespace portcullis::cli
