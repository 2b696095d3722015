#include "doors/lambda/policy_comparison.h"

#include <deque>
#include <map>

namespace portcullis::lambda {
namespace {

using Kind = Piece::Kind;

constexpr std::size_t most_pieces = 31;    // two bits each in a Progress
constexpr std::size_t most_states = 1500;  // of one comparison

using Text = int;                // a literal's number
constexpr Text empty_text = 0;   // behind a final slash
constexpr Text other_text = -1;  // any text that is no literal of the rules

// One segment of a path, as far as patterns and routes can tell segments apart.
struct Segment {
  Text text;
  Spellings spelling = Spellings::plain;
};

// How far a row of pieces has come on all its ways: bit 2i, piece i is next; bit 2i+1, piece i may go on.
using Progress = std::uint64_t;

struct Row {
  std::vector<std::pair<Kind, Text>> pieces;

  bool complete(Progress at) const { return ((at >> (2 * pieces.size())) & 1U) != 0; }

  Progress after(Progress at, Text text) const {
    Progress next = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Progress here = (at >> (2 * i)) & 3U;
      if (here == 0) continue;
      const auto [kind, literal] = pieces[i];
      const bool takes = kind == Kind::literal ? text == literal : text != empty_text || kind == Kind::any || here > 1;
      if (!takes) continue;
      next |= Progress{1} << (2 * i + 2);
      if (kind == Kind::some || kind == Kind::any) next |= Progress{2} << (2 * i);
    }
    return next;
  }
};

// The progress of every row, and last the first literal that was encoded, plus 1 (0: none was).
using State = std::vector<Progress>;

class Comparison {
 public:
  Comparison(const PathRules& rules, const PathPolicy& policy, Spellings spellings)
      : rules_(rules), policy_(policy), spellings_(spellings) {
    number_of({});
    for (const auto& route : rules.routes) add(route.language);
    for (const Glob& glob : policy.allow) add(glob);
    for (const Glob& glob : policy.deny) add(glob);
  }

  Differences run() {
    State start(rows_.size() + 1, 1);
    start.back() = 0;
    visit(std::move(start));
    while (!waiting_.empty() && !found_.unknown && !found_.lockout) {  // the shortest paths first
      const State state = std::move(waiting_.front());
      waiting_.pop_front();
      for (const Segment segment : segments_after(state)) follow(state, segment);
    }
    return std::move(found_);
  }

 private:
  std::size_t first_allow() const { return rules_.routes.size(); }
  std::size_t first_deny() const { return first_allow() + policy_.allow.size(); }

  Text number_of(const std::string& literal) {
    const auto [place, added] = numbers_.emplace(literal, static_cast<Text>(texts_.size()));
    if (added) texts_.push_back(literal);
    return place->second;
  }

  void add(const Glob& glob) {
    if (glob.size() > most_pieces) found_.unknown = true;
    Row& row = rows_.emplace_back();
    for (const Piece& piece : glob)
      row.pieces.emplace_back(piece.kind, piece.kind == Kind::literal ? number_of(piece.text) : other_text);
  }

  // Literals that some row waits for, any other text, and the end behind a slash.
  std::vector<Segment> segments_after(const State& state) const {
    std::set<Text> literals, encoded;
    for (std::size_t r = 0; r < rows_.size(); ++r)
      for (std::size_t i = 0; i < rows_[r].pieces.size(); ++i) {
        const auto [kind, literal] = rows_[r].pieces[i];
        if (kind != Kind::literal || literal == empty_text || ((state[r] >> (2 * i)) & 1U) == 0) continue;
        literals.insert(literal);
        if (r < first_allow() && !policy_.plain_only.contains(texts_[static_cast<std::size_t>(literal)]))
          encoded.insert(literal);
      }
    std::vector<Segment> segments{{other_text}, {empty_text}};
    for (const Text text : literals) segments.push_back({text});
    if (spellings_ == Spellings::encoded_too)
      for (const Text text : encoded) segments.push_back({text, Spellings::encoded_too});
    return segments;
  }

  // Routes are the decision's reading of the path; patterns see it as it is spelled.
  void follow(const State& state, Segment segment) {
    const bool encoded = segment.spelling == Spellings::encoded_too;
    State next(state.size());
    for (std::size_t r = 0; r < rows_.size(); ++r)
      next[r] = rows_[r].after(state[r], encoded && r >= first_allow() ? other_text : segment.text);
    next.back() = state.back() != 0 || !encoded ? state.back() : static_cast<Progress>(segment.text) + 1;
    judge(next);
    if (segment.text != empty_text && undecided(next)) visit(std::move(next));
  }

  // Whether a longer path can still be granted, or be the caller's.
  bool undecided(const State& state) const {
    for (std::size_t r = first_allow(); r < first_deny(); ++r)
      if (state[r] != 0) return true;
    if (state.back() != 0) return false;
    if (rules_.unlisted_allowed) return true;
    for (std::size_t r = 0; r < first_allow(); ++r)
      if (rules_.routes[r].allowed && state[r] != 0) return true;
    return false;
  }

  void visit(State state) {
    if (seen_.size() >= most_states) found_.unknown = true;
    if (seen_.insert(state).second) waiting_.push_back(std::move(state));
  }

  bool any_complete(const State& state, std::size_t from, std::size_t to) const {
    for (std::size_t r = from; r < to; ++r)
      if (rows_[r].complete(state[r])) return true;
    return false;
  }

  // The path may end here.
  void judge(const State& state) {
    const bool granted =
        any_complete(state, first_allow(), first_deny()) && !any_complete(state, first_deny(), rows_.size());
    std::size_t winner = 0;
    while (winner < first_allow() && !rows_[winner].complete(state[winner])) ++winner;
    const bool listed = winner < first_allow();
    const bool allowed = listed ? rules_.routes[winner].allowed : rules_.unlisted_allowed;
    if (granted == allowed) return;
    if (state.back() != 0) {  // a decision refuses this spelling; the grant is harm only if its reading is refused
      if (granted) found_.encoded.insert(texts_[state.back() - 1]);
    } else if (!granted) {
      found_.lockout = true;
    } else if (listed) {  // always: an Allow matches what its route matches, or what is unlisted and allowed
      found_.refused.insert(winner);
    }
  }

  const PathRules& rules_;
  const PathPolicy& policy_;
  Spellings spellings_;
  std::map<std::string, Text> numbers_;
  std::vector<std::string> texts_;
  std::vector<Row> rows_;  // of the routes, then of `allow`, then of `deny`
  std::set<State> seen_;
  std::deque<State> waiting_;
  Differences found_;
};

}  // namespace

Differences compare(const PathRules& rules, const PathPolicy& policy, Spellings spellings) {
  return Comparison{rules, policy, spellings}.run();
}

}  // namespace portcullis::lambda
