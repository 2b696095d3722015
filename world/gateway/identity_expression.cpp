#include "world/gateway/identity_expression.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>

namespace portcullis::world {

using Octets = std::bitset<256>;

namespace {

constexpr std::size_t most_steps = 65'536;  // {1,8192} is one step or two for each time
constexpr int deepest_group = 32;
constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

struct Node;
using NodePtr = std::unique_ptr<Node>;

/// What was read: one of a set, a sequence, alternatives, or one child so many times.
struct Node {
  enum class Kind : unsigned char { set, sequence, alternatives, repeated } kind;
  Octets set;
  std::vector<NodePtr> children;
  std::size_t least = 1, most = 1;
};

NodePtr node(Node::Kind kind) {
  return std::make_unique<Node>(Node{kind, {}, {}, 1, 1});
}

std::size_t index_of(char c) {
  return static_cast<unsigned char>(c);
}

Octets range(char from, char to) {
  Octets set;
  for (std::size_t c = index_of(from); c <= index_of(to); ++c) set.set(c);
  return set;
}

/// \d, \w, \s and their opposites.
std::optional<Octets> named_set(char letter) {
  Octets set;
  switch (letter) {
    case 'd':
    case 'D':
      set = range('0', '9');
      break;
    case 'w':
    case 'W':
      set = range('0', '9') | range('A', 'Z') | range('a', 'z');
      set.set(index_of('_'));
      break;
    case 's':
    case 'S':
      for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) set.set(index_of(c));
      break;
    default:
      return std::nullopt;
  }
  return letter >= 'A' && letter <= 'Z' ? ~set : set;
}

struct Reader {
  std::string_view rest;
  std::string fault;

  bool at(char c) const { return !rest.empty() && rest.front() == c; }
  bool take(char c) {
    if (!at(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  char next() {
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }
  NodePtr failed(std::string why) {
    if (fault.empty()) fault = std::move(why);
    return nullptr;
  }

  NodePtr alternatives(int depth) {
    if (depth > deepest_group) return failed("its groups are too deep");
    NodePtr all = node(Node::Kind::alternatives);
    do {
      NodePtr one = sequence(depth);
      if (!one) return nullptr;
      all->children.push_back(std::move(one));
    } while (take('|'));
    return all;
  }

  NodePtr sequence(int depth) {
    NodePtr all = node(Node::Kind::sequence);
    while (!rest.empty() && !at('|') && !at(')')) {
      NodePtr one = atom(depth);
      if (!one) return nullptr;
      one = repeated(std::move(one));
      if (!one) return nullptr;
      all->children.push_back(std::move(one));
    }
    return all;
  }

  NodePtr of_set(const Octets& set) {
    NodePtr one = node(Node::Kind::set);
    one->set = set;
    return one;
  }

  NodePtr atom(int depth) {
    const char c = next();
    switch (c) {
      case '(':
        return group(depth);
      case '[':
        return bracket();
      case '.':
        return of_set(~(range('\n', '\n') | range('\r', '\r')));
      case '\\':
        return escaped();
      case '^':
      case '$':
        return failed("^ stands at the beginning and $ at the end, nowhere else");
      case '*':
      case '+':
      case '?':
      case '{':
        return failed("there is nothing to repeat");
      default:
        return of_set(range(c, c));
    }
  }

  NodePtr group(int depth) {
    if (take('?') && !take(':')) return failed("a group (?…) is not supported");
    NodePtr inner = alternatives(depth + 1);
    if (inner && !take(')')) return failed("a group is not closed");
    return inner;
  }

  NodePtr escaped() {
    if (rest.empty()) return failed("it ends in a backslash");
    const char c = next();
    if (const auto set = named_set(c)) return of_set(*set);
    const bool letter =
        range('0', '9').test(index_of(c)) || range('A', 'Z').test(index_of(c)) || range('a', 'z').test(index_of(c));
    if (letter) return failed(std::string{"\\"} + c + " is not supported");
    return of_set(range(c, c));
  }

  NodePtr bracket() {
    const bool negated = take('^');
    Octets set;
    for (bool first = true; first || !at(']'); first = false) {
      if (rest.empty()) return failed("a [ is not closed");
      char from = next();
      if (from == '\\' && !rest.empty()) {
        from = next();
        if (const auto named = named_set(from)) {
          set |= *named;
          continue;
        }
      }
      const bool is_range = at('-') && rest.size() > 1 && rest[1] != ']';
      if (!is_range) {
        set.set(index_of(from));
        continue;
      }
      (void)next();
      char to = next();
      if (to == '\\' && !rest.empty()) to = next();
      if (index_of(to) < index_of(from)) return failed("a range in [ ] is the wrong way round");
      set |= range(from, to);
    }
    (void)next();
    return of_set(negated ? ~set : set);
  }

  NodePtr repeated(NodePtr child) {
    while (at('*') || at('+') || at('?') || at('{')) {
      NodePtr all = node(Node::Kind::repeated);
      const char c = next();
      all->least = c == '+' ? 1 : 0;
      all->most = c == '?' ? 1 : unbounded;
      if (c == '{' && !bounds(*all)) return failed("a repetition is {m}, {m,} or {m,n}");
      (void)take('?');  // hurried or not: the whole value fits, or it does not
      all->children.push_back(std::move(child));
      child = std::move(all);
    }
    return child;
  }

  std::optional<std::size_t> number() {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{}) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
  }

  bool bounds(Node& all) {
    const auto least = number();
    if (!least) return false;
    all.least = all.most = *least;
    if (take(',')) all.most = at('}') ? unbounded : number().value_or(0);
    return take('}') && all.least <= all.most;
  }
};

}  // namespace

struct ExpressionCompiler {
  IdentityExpression made;
  bool too_large = false;

  static IdentityExpression empty() { return IdentityExpression{}; }

  std::size_t add(IdentityExpression::Step step) {
    if (made.steps_.size() >= most_steps) too_large = true;
    if (!too_large) made.steps_.push_back(step);
    return made.steps_.size() - 1;
  }
  std::size_t fork() { return add({IdentityExpression::Step::Kind::fork, 0, 0, 0}); }
  std::size_t here() const { return made.steps_.size(); }

  void compile(const Node& what) {
    if (too_large) return;
    switch (what.kind) {
      case Node::Kind::set:
        made.sets_.push_back(what.set);
        add({IdentityExpression::Step::Kind::take, made.sets_.size() - 1, 0, 0});
        return;
      case Node::Kind::sequence:
        for (const NodePtr& child : what.children) compile(*child);
        return;
      case Node::Kind::alternatives:
        return compile_alternatives(what);
      case Node::Kind::repeated:
        return compile_repeated(what);
    }
  }

  // fork(first, rest); first; jump to the end; rest …
  void compile_alternatives(const Node& what) {
    std::vector<std::size_t> jumps;
    for (std::size_t i = 0; i < what.children.size(); ++i) {
      const bool last = i + 1 == what.children.size();
      const std::size_t choice = last ? 0 : fork();
      const std::size_t begin = here();
      compile(*what.children[i]);
      if (last) break;
      jumps.push_back(fork());
      made.steps_[choice].first = begin;
      made.steps_[choice].second = here();
    }
    for (const std::size_t jump : jumps) made.steps_[jump].first = made.steps_[jump].second = here();
  }

  void compile_repeated(const Node& what) {
    const Node& child = *what.children.front();
    for (std::size_t i = 0; i < what.least && !too_large; ++i) {
      const std::size_t before = here();
      compile(child);
      if (here() == before) break;  // nothing, so many times
    }
    if (what.most == unbounded) {
      const std::size_t again = fork();
      compile(child);
      const std::size_t back = fork();
      made.steps_[back].first = made.steps_[back].second = again;
      made.steps_[again].first = again + 1;
      made.steps_[again].second = here();
      return;
    }
    std::vector<std::size_t> leaves;
    for (std::size_t i = what.least; i < what.most && !too_large; ++i) {
      leaves.push_back(fork());
      made.steps_[leaves.back()].first = here();
      compile(child);
    }
    for (const std::size_t leave : leaves) made.steps_[leave].second = here();
  }
};

Result<IdentityExpression, std::string> IdentityExpression::parse(std::string_view text) {
  if (text.starts_with('^')) text.remove_prefix(1);
  if (text.ends_with('$') && !text.ends_with("\\$")) text.remove_suffix(1);
  Reader reader{text, {}};
  const NodePtr tree = reader.alternatives(0);
  if (!tree) return "the expression is not understood: " + reader.fault;
  if (!reader.rest.empty()) return std::string{"the expression is not understood: a ) too many"};
  ExpressionCompiler compiler{ExpressionCompiler::empty(), false};
  compiler.compile(*tree);
  compiler.add({Step::Kind::end, 0, 0, 0});
  if (compiler.too_large) return std::string{"the expression repeats too often"};
  return std::move(compiler.made);
}

void IdentityExpression::enter(std::size_t step, std::vector<std::size_t>& entered, std::vector<bool>& seen) const {
  std::vector<std::size_t> waiting{step};
  while (!waiting.empty()) {
    const std::size_t current = waiting.back();
    waiting.pop_back();
    if (seen[current]) continue;
    seen[current] = true;
    const Step& known = steps_[current];
    if (known.kind != Step::Kind::fork) {
      entered.push_back(current);
      continue;
    }
    waiting.push_back(known.second);
    waiting.push_back(known.first);
  }
}

bool IdentityExpression::matches(std::string_view value) const {
  std::vector<std::size_t> now, next;
  std::vector<bool> seen(steps_.size());
  enter(0, now, seen);
  for (const char c : value) {
    next.clear();
    seen.assign(steps_.size(), false);
    for (const std::size_t step : now)
      if (steps_[step].kind == Step::Kind::take && sets_[steps_[step].set].test(static_cast<unsigned char>(c)))
        enter(step + 1, next, seen);
    if (next.empty()) return false;
    now.swap(next);
  }
  return std::any_of(now.begin(), now.end(), [&](std::size_t step) { return steps_[step].kind == Step::Kind::end; });
}

}  // namespace portcullis::world
