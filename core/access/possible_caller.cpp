// Wishes are taken one after the other, and of each one way to fulfil it, until they contradict each other; then the
// next way. What a caller has lies in places (claims), which differ in what they can hold.
#include "core/access/possible_caller.h"

#include <algorithm>
#include <tuple>

#include "core/access/caller_draft.h"
#include "core/access/claim_place.h"
#include "core/token/claims.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

constexpr int most_tries = 5'000;                   // of one search
constexpr std::size_t most_ways = 1'000;            // in its wishes
constexpr std::size_t token_beside_claims = 1'500;  // header and signature, encoded

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
    auto found = go_on(0, CallerDraft{expect_, now_});
    if (!found && !trouble_.empty()) return trouble_;
    return found;
  }

 private:
  // First what leaves no choice, then what is likely to contradict, so that little is tried in vain.
  static std::tuple<bool, bool, std::size_t> rank_of(const Wishes& ways) {
    const bool may_contradict = std::any_of(ways.begin(), ways.end(), [](const Wish& way) {
      const auto place = claim_place_of(way.trait);
      return place && holds_one(place->form);
    });
    return {ways.size() > 1, !may_contradict, ways.size()};
  }

  std::optional<PossibleCaller> go_on(std::size_t next, const CallerDraft& draft) {
    if (next == wishes_.size()) return accepted(draft.caller());
    for (const Wish& way : wishes_[next]) {
      if (++tries_ > most_tries) {
        trouble_ = "nothing can be proved: there are too many combinations";
        return std::nullopt;
      }
      CallerDraft further = draft;
      if (!further.add(way, *claim_place_of(way.trait))) continue;
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
