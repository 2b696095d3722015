#include "doors/serve/worker.h"

#include "edge/system/clock.h"

namespace portcullis::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds beat_interval{500}, deadline_interval{50};
constexpr nanoseconds longest_silence = std::chrono::seconds{10};
constexpr std::size_t most_kept_free = 1024;

std::optional<net::RedisAddress> store_of(const config::Config& config) {
  if (!config.store) return std::nullopt;
  const auto security = config.store->security == config::StoreSettings::Security::tls
                            ? net::RedisAddress::Security::tls
                            : net::RedisAddress::Security::plain;
  return net::RedisAddress{config.store->host, config.store->port, security, config.store->user,
                           config.store->password};
}

}  // namespace

// One request on its way. It does not move, for the core holds views into it until the decision is settled.
struct Worker::Asking {
  ProxiedRequest proxied;
  net::ServerRequest asked;
  std::optional<net::Exchange> exchange;
  StatePtr state;  // only while it waits: a request that need not wait takes the loop's own
  std::optional<Pending> pending;
  Now began{};
  bool is_strangers = false;  // of a peer that is none of the proxies
};

Worker::Worker(const Shared& shared, StatePtr state)
    : shared_(shared), state_(std::move(state)), record_(shared.log, shared.secrets, shared.ring) {
  server_ = std::make_unique<net::RequestServer>(
      loop_, shared.limits,
      [this](const net::ServerRequest& asked, net::Exchange exchange) { take(asked, std::move(exchange)); });
  connect_store();
}

Worker::~Worker() {
  stop();
}

Result<std::uint16_t, std::string> Worker::listen(const std::string& address, std::uint16_t port,
                                                  net::RequestServer::Claim claim) {
  auto listening = server_->listen(address, port, claim);
  if (!listening) return listening.error().message;
  return *listening;
}

Result<Done, std::string> Worker::listen_on(int descriptor) {
  auto listening = server_->listen_on(descriptor);
  if (!listening) return listening.error().message;
  return Done{};
}

void Worker::start() {
  beat();
  thread_ = std::thread{[this] { loop_.run(); }};
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
  store_.reset();  // while there is what its answers resume: each question that is under way has one
}

void Worker::renew(StatePtr state, std::function<void()> done) {
  loop_.post([this, state = std::move(state), done = std::move(done)] {
    const bool kept = state_->store == state->store;
    state_ = state;
    counters_.forget_rules();
    if (!kept) connect_store();
    done();
  });
}

void Worker::drain(std::function<void()> drained) {
  loop_.post([this, drained = std::move(drained)] { server_->drain(drained); });
}

bool Worker::responsive(Now now) const noexcept {
  return now.mono.nanoseconds - beat_.load(std::memory_order_relaxed) < longest_silence.count();
}

void Worker::beat() {
  beat_.store(system::read_monotonic().nanoseconds, std::memory_order_relaxed);
  connections_.store(server_->connections(), std::memory_order_relaxed);
  waiting_for_metrics_.store(waiting_.size(), std::memory_order_relaxed);
  try_store();
  beat_timer_ = loop_.after(beat_interval, [this] { beat(); });
}

void Worker::connect_store() {
  if (std::exchange(store_fails_, false)) store_watch_->leave();
  store_watch_ = state_->store;
  std::unique_ptr<net::RedisStore> made;
  if (const auto address = store_of(state_->config))
    made = std::make_unique<net::RedisStore>(loop_, *address, net::RedisDeadlines{}, std::nullopt,
                                             [this](const net::StoreChange& change) { note_store(change); });
  store_.swap(made);  // the old one answers what it was asked before it goes, and that may ask the new one
}

void Worker::note_store(const net::StoreChange& change) {
  store_fails_ = change.now == net::StoreChange::Now::failing;
  if (!store_fails_) return store_watch_->answering(change.why, system::read_clocks());
  counters_.store_errors.add();
  store_watch_->failing(change.why, system::read_clocks());
}

// A loop that nobody asks finds out, too, that the store is back. It looks at a bucket that nobody has.
void Worker::try_store() {
  if (store_ && store_fails_) store_->ask({{}, 0, {LimitTake{}}}, [](const LimitOutcome&) {});
}

Worker::AskingPtr Worker::free_one() {
  if (free_.empty()) return std::make_unique<Asking>();
  AskingPtr one = std::move(free_.back());
  free_.pop_back();
  return one;
}

void Worker::take(const net::ServerRequest& asked, net::Exchange exchange) {
  AskingPtr asking = free_one();
  asking->began = system::read_clocks();
  asking->asked = asked;
  asking->exchange = std::move(exchange);
  asking->is_strangers = false;
  const auto read = asking->proxied.read(asked, state_->trust);
  if (read) {
    Step step = state_->authorizer.begin(asking->proxied.request(), asking->began);
    return go_on(std::move(asking), std::move(step));
  }
  if (read.error().reason == Reason::forbidden && !may_ask(asked.peer, state_->trust.proxies)) {
    asking->is_strangers = true;
    counters_.untrusted.add();
    record_.note_untrusted(asked.peer, asking->began);
  }
  go_on(std::move(asking), Settled{refused(read.error()), {}});
}

void Worker::go_on(AskingPtr asking, Step step) {
  if (auto* asked = std::get_if<Asked>(&step)) return suspend(std::move(asking), std::move(*asked));
  auto& settled = std::get<Settled>(step);
  settle(*asking, std::move(settled.decision));
  if (!settled.after.empty()) run(asking->state ? asking->state : state_, std::move(settled.after));
  asking->state.reset();
  asking->pending.reset();
  if (free_.size() < most_kept_free) free_.push_back(std::move(asking));
}

void Worker::settle(Asking& asking, Decision decision) {
  const ServingState& state = asking.state ? *asking.state : *state_;
  const net::Reply reply =
      asking.is_strangers ? reply_to_stranger(space_) : reply_to(decision, state.config.serve.identity, space_);
  // The request's bytes are gone once it is answered, and the line tells of them.
  const nanoseconds took{system::read_monotonic().nanoseconds - asking.began.mono.nanoseconds};
  counters_.count(decision, took);
  record_.note(decision, {asking.proxied, asking.asked, state.revision, took}, asking.began, counters_);
  std::move(*asking.exchange).answer(reply);
  asking.exchange.reset();
}

template <class Outcome, class Question>
void Worker::ask_store(const Question& question, AskingId id) {
  if (!store_) {  // a reload took it away meanwhile
    loop_.post([this, id] { resume(id, Outcome{StoreFailed{"there is no store any more"}}); });
    return;
  }
  store_->ask(question, [this, id](const Outcome& outcome) {
    if (std::holds_alternative<StoreFailed>(outcome)) counters_.store_errors.add();
    resume(id, outcome);
  });
}

void Worker::suspend(AskingPtr asking, Asked asked) {
  if (!asking->state) asking->state = state_;
  const StatePtr state = asking->state;
  asking->pending = std::move(asked.pending);
  const AskingId id = next_id_++;
  waiting_.emplace(id, std::move(asking));
  if (const auto* limit = std::get_if<NeedLimit>(&asked.question)) return ask_store<LimitOutcome>(*limit, id);
  if (const auto* proof = std::get_if<NeedReplayCheck>(&asked.question)) return ask_store<ReplayOutcome>(*proof, id);
  const auto& wanted = std::get<NeedKeys>(asked.question);
  const Fetch fetch{state.get(), wanted.ticket.source, wanted.ticket.attempt};
  deadlines_.emplace_back(system::read_monotonic().nanoseconds + nanoseconds{longest_wait}.count(), id);
  watch_deadlines();
  auto& waiters = for_keys_[fetch];
  waiters.push_back(id);
  if (waiters.size() > 1) return;
  // The state lives as long as somebody waits for its keys, so the name of the fetch stays its own.
  shared_.desk.fetch(state, wanted, [this, fetch, state] { loop_.post([this, fetch, state] { keys_told(fetch); }); });
}

void Worker::keys_told(const Fetch& fetch) {
  auto found = for_keys_.extract(fetch);
  if (found.empty()) return;
  for (const AskingId id : found.mapped()) resume(id, FetchOutcome{});
}

void Worker::resume(AskingId id, const Answer& answer) {
  auto found = waiting_.extract(id);
  if (found.empty()) return;  // it was answered when its time was up
  AskingPtr asking = std::move(found.mapped());
  Pending pending = std::move(*asking->pending);
  const Authorizer& authorizer = asking->state->authorizer;
  Step step = authorizer.resume(std::move(pending), answer, system::read_clocks());
  go_on(std::move(asking), std::move(step));
}

void Worker::run(const StatePtr& state, std::vector<Errand> errands) {
  for (Errand& errand : errands) {
    if (const auto* wanted = std::get_if<NeedKeys>(&errand)) {
      shared_.desk.fetch(state, *wanted, {});
    } else if (store_) {
      auto& charge = std::get<ChargeFailure>(errand);
      const NeedLimit question = charge.charge;
      store_->ask(question, [this, state, charge = std::move(charge)](const LimitOutcome& outcome) {
        if (std::holds_alternative<StoreFailed>(outcome)) counters_.store_errors.add();
        state->authorizer.learn(charge, outcome, system::read_clocks());
      });
    }
  }
}

void Worker::watch_deadlines() {
  if (std::exchange(deadlines_watched_, true)) return;
  deadline_timer_ = loop_.after(deadline_interval, [this] {
    deadlines_watched_ = false;
    expire();
    if (!deadlines_.empty()) watch_deadlines();
  });
}

// What holds without the keys that did not come: a public route is answered all the same. The core asks again for as
// long as the fetch is under way.
Step Worker::without_keys(Asking& asking) {
  constexpr int most_questions = 4;  // more than the core asks about one request
  const Authorizer& authorizer = asking.state->authorizer;
  Pending pending = std::move(*asking.pending);
  for (int i = 0; i < most_questions; ++i) {
    Step step = authorizer.resume(std::move(pending), FetchOutcome{FetchFailed{"late"}}, system::read_clocks());
    auto* const asked = std::get_if<Asked>(&step);
    if (!asked || !std::holds_alternative<NeedKeys>(asked->question)) return step;
    pending = std::move(asked->pending);
  }
  return Settled{};
}

void Worker::expire() {
  const std::int64_t now = system::read_monotonic().nanoseconds;
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    auto found = waiting_.extract(deadlines_.front().second);
    deadlines_.pop_front();
    if (found.empty()) continue;
    AskingPtr asking = std::move(found.mapped());
    Step step = without_keys(*asking);
    go_on(std::move(asking), std::move(step));
  }
}

}  // namespace portcullis::serve
