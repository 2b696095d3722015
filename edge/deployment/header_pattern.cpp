#include "edge/deployment/header_pattern.h"

#include <bitset>
#include <memory>
#include <optional>
#include <vector>

namespace portcullis::deployment {
namespace {

using Octets = std::bitset<256>;
using Positions = std::vector<bool>;  // in the value: where a match may have come to

constexpr std::size_t most_depth = 16;
constexpr std::size_t most_bytes = 1024;
constexpr std::size_t most_repeats = 10'000;
constexpr std::size_t most_steps = 20'000;  // each costs the length of the value

struct Alternatives;

struct Piece {
  enum class Kind : std::uint8_t { octet, group, begin, end } kind = Kind::octet;
  Octets octets;
  std::shared_ptr<Alternatives> group;
  std::size_t least = 1, most = 1;
};

struct Alternatives {
  std::vector<std::vector<Piece>> sequences{1};
};

/// Reads an expression; anything not understood ends it.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<Alternatives> parse() {
    auto all = alternatives(0);
    if (failed_ || !rest_.empty()) return std::nullopt;
    return all;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char next() {
    if (rest_.empty()) {
      failed_ = true;
      return 0;
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  Alternatives alternatives(std::size_t depth) {
    Alternatives all;
    if (depth > most_depth) failed_ = true;
    while (!failed_ && !rest_.empty() && rest_.front() != ')') {
      if (take("|"))
        all.sequences.emplace_back();
      else
        all.sequences.back().push_back(piece(depth));
    }
    return all;
  }

  Piece piece(std::size_t depth) {
    Piece made;
    if (take("^")) {
      made.kind = Piece::Kind::begin;
    } else if (take("$")) {
      made.kind = Piece::Kind::end;
    } else if (take("(")) {
      if (!take("?:") && rest_.starts_with('?')) failed_ = true;
      made.kind = Piece::Kind::group;
      made.group = std::make_shared<Alternatives>(alternatives(depth + 1));
      if (!take(")")) failed_ = true;
    } else if (take("[")) {
      made.octets = set();
    } else if (take(".")) {
      made.octets.set();
    } else if (take("\\")) {
      made.octets = escape();
    } else {
      const char c = next();
      if (c == '*' || c == '+' || c == '?' || c == '{') failed_ = true;
      made.octets.set(static_cast<unsigned char>(c));
    }
    repeat(made);
    return made;
  }

  void repeat(Piece& made) {
    if (take("*")) {
      made.least = 0;
      made.most = most_repeats;
    } else if (take("+")) {
      made.most = most_repeats;
    } else if (take("?")) {
      made.least = 0;
    } else if (take("{")) {
      made.least = number();
      made.most = take(",") ? (rest_.starts_with('}') ? most_repeats : number()) : made.least;
      if (!take("}") || made.most < made.least) failed_ = true;
    } else {
      return;
    }
    if (!take("?") && rest_.starts_with('+')) failed_ = true;  // lazy finds the same; possessive may not
  }

  std::size_t number() {
    std::size_t value = 0;
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') failed_ = true;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && value <= most_repeats)
      value = value * 10 + static_cast<std::size_t>(next() - '0');
    if (value > most_repeats) failed_ = true;
    return value;
  }

  static Octets range(char from, char to) {
    Octets octets;
    for (int c = static_cast<unsigned char>(from); c <= static_cast<unsigned char>(to); ++c)
      octets.set(static_cast<std::size_t>(c));
    return octets;
  }

  Octets escape() {
    const Octets digits = range('0', '9');
    Octets blanks;
    for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) blanks.set(static_cast<unsigned char>(c));
    const Octets word = digits | range('a', 'z') | range('A', 'Z') | range('_', '_');
    const char c = next();
    switch (c) {
      case 'd':
        return digits;
      case 'D':
        return ~digits;
      case 'w':
        return word;
      case 'W':
        return ~word;
      case 's':
        return blanks;
      case 'S':
        return ~blanks;
      case 't':
        return range('\t', '\t');
      default:
        break;
    }
    if (word.test(static_cast<unsigned char>(c))) failed_ = true;  // \b, \p, \1 …
    return range(c, c);
  }

  Octets set() {
    const bool inverted = take("^");
    Octets octets;
    bool first = true;
    while (!failed_ && (first || !rest_.starts_with(']'))) {
      first = false;
      if (rest_.starts_with('[') || rest_.starts_with("&&")) failed_ = true;  // [:alpha:], Java's intersections
      char from = next();
      if (from == '\\') {
        const Octets escaped = escape();
        octets |= escaped;
        if (escaped.count() != 1) continue;
        from = 0;
        while (!escaped.test(static_cast<unsigned char>(from))) ++from;
      }
      char to = from;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        next();
        to = next();
        if (to == '\\') failed_ = true;
      }
      if (static_cast<unsigned char>(to) < static_cast<unsigned char>(from)) failed_ = true;
      octets |= range(from, to);
    }
    if (!take("]")) failed_ = true;
    return inverted ? ~octets : octets;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// All ends at once instead of one after the other: nothing is tried twice.
class Search {
 public:
  explicit Search(std::string_view value) : value_(value) {}

  Positions after(const Alternatives& all, const Positions& from) {
    Positions ends(from.size());
    for (const auto& sequence : all.sequences) {
      Positions reached = from;
      for (const Piece& piece : sequence) reached = repeated(piece, reached);
      add(ends, reached);
    }
    return ends;
  }
  bool exhausted() const noexcept { return steps_ > most_steps; }

 private:
  static bool add(Positions& to, const Positions& more) {
    bool grown = false;
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (!more[i] || to[i]) continue;
      to[i] = true;
      grown = true;
    }
    return grown;
  }

  Positions repeated(const Piece& piece, const Positions& from) {
    Positions reached = from;
    for (std::size_t i = 0; i < piece.least && !exhausted(); ++i) reached = once(piece, reached);
    Positions ends = reached;
    for (std::size_t i = piece.least; i < piece.most && !exhausted(); ++i) {
      reached = once(piece, reached);
      if (!add(ends, reached)) break;
    }
    return ends;
  }

  Positions once(const Piece& piece, const Positions& from) {
    ++steps_;
    if (exhausted()) return from;
    if (piece.kind == Piece::Kind::group) return after(*piece.group, from);
    Positions ends(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!from[i]) continue;
      if (piece.kind == Piece::Kind::begin) ends[i] = i == 0;
      if (piece.kind == Piece::Kind::end) ends[i] = i == value_.size();
      if (piece.kind == Piece::Kind::octet && i < value_.size() &&
          piece.octets.test(static_cast<unsigned char>(value_[i])))
        ends[i + 1] = true;
    }
    return ends;
  }

  std::string_view value_;
  std::size_t steps_ = 0;
};

}  // namespace

Passes passes(std::string_view expression, std::string_view value) {
  if (expression.size() > most_bytes) return Passes::unclear;
  const auto all = Parser{expression}.parse();
  if (!all) return Passes::unclear;
  Search search{value};
  const Positions ends = search.after(*all, Positions(value.size() + 1, true));
  if (search.exhausted()) return Passes::unclear;
  for (const bool end : ends)
    if (end) return Passes::yes;
  return Passes::no;
}

}  // namespace portcullis::deployment
