#include "edge/net/redis_protocol.h"

#include <hiredis/hiredis.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <new>

#include "edge/net/limit_script.h"

namespace portcullis::net {
namespace {

template <std::size_t length>
void append_hex(const std::array<unsigned char, length>& octets, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned char octet : octets) {
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
}

const std::string& script_hash() {
  static const std::string hash = [] {
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(limit_script.data()), limit_script.size(), digest.data());
    std::string hex;
    append_hex(digest, hex);
    return hex;
  }();
  return hash;
}

/// KEYS: the proof. ARGV: the question's mark, milliseconds. Answers as SET … NX does, but OK also where that very mark
/// stands there already.
constexpr std::string_view replay_script = R"(
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.status_reply('OK')
end
return false
)";

/// The words of one command, one after the other in one text.
class Words {
 public:
  void add(std::string_view word) {
    text_ += word;
    ends_.push_back(text_.size());
  }
  void add(std::int64_t number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add(std::string_view{digits.data(), end});
  }
  /// A bucket: the braces make a split store keep all of one owner in one place.
  void add(const LimitKey& owner, const LimitKey& key) {
    text_ += "pc:{";
    append_hex(owner, text_);
    text_ += "}:";
    append_hex(key, text_);
    ends_.push_back(text_.size());
  }
  void add(const ReplayKey& proof) {
    text_ += "pc:dpop:{";
    append_hex(proof, text_);
    text_ += '}';
    ends_.push_back(text_.size());
  }
  void write(std::string& out) const {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      words.push_back(text_.data() + begin);
      lengths.push_back(end - begin);
      begin = end;
    }
    char* command = nullptr;
    const int length = redisFormatCommandArgv(&command, static_cast<int>(words.size()), words.data(), lengths.data());
    if (length < 0) throw std::bad_alloc{};
    out.append(command, static_cast<std::size_t>(length));
    redisFreeCommand(command);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace

std::int64_t microseconds_of(std::chrono::nanoseconds interval) noexcept {
  const std::int64_t count = interval.count();
  return count / 1000 + (count % 1000 > 0 ? 1 : 0);
}

std::string fault_of(const NeedLimit& question) {
  if (question.takes.empty() || question.takes.size() > most_redis_takes)
    return "one question is about 1 to " + std::to_string(most_redis_takes) + " buckets";
  for (const LimitTake& take : question.takes) {
    std::int64_t whole = 0;
    if (take.interval.count() < 1 || take.burst < 1 ||
        __builtin_mul_overflow(microseconds_of(take.interval), take.burst, &whole) || whole > largest_bucket)
      return "a bucket of this limit takes more than 71 years to fill, which a Redis store cannot count";
  }
  return {};
}

void write_question(const NeedLimit& question, std::int64_t now, ScriptForm form, std::string& out) {
  Words words;
  words.add(form == ScriptForm::hash ? "EVALSHA" : "EVAL");
  words.add(form == ScriptForm::hash ? std::string_view{script_hash()} : limit_script);
  words.add(static_cast<std::int64_t>(question.takes.size()));
  for (const LimitTake& take : question.takes) words.add(question.owner, take.key);
  words.add(now);
  words.add(question.cost);
  for (const LimitTake& take : question.takes) {
    words.add(microseconds_of(take.interval));
    words.add(take.burst);
  }
  words.write(out);
}

void write_question(const NeedReplayCheck& question, std::string_view mark, ReplayForm form, std::string& out) {
  const std::int64_t remember = std::max<std::int64_t>(question.remember.count(), 1);
  Words words;
  if (form == ReplayForm::first) {
    words.add("SET");
    words.add(question.key);
    words.add(mark);
    words.add("NX");
    words.add("PX");
  } else {
    words.add("EVAL");
    words.add(replay_script);
    words.add(std::int64_t{1});
    words.add(question.key);
    words.add(mark);
  }
  words.add(remember);
  words.write(out);
}

void write_login(const std::string& user, const std::string& password, std::string& out) {
  Words words;
  words.add("AUTH");
  if (!user.empty()) words.add(user);
  words.add(password);
  words.write(out);
}

std::optional<LimitStates> states_of(const NeedLimit& question, const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::integers || reply.count != 4 * question.takes.size()) return std::nullopt;
  LimitStates answer;
  answer.states.reserve(question.takes.size());
  for (std::size_t i = 0; i < question.takes.size(); ++i) {
    const LimitTake& take = question.takes[i];
    const auto [verdict, remaining, retry_after, reset] = std::array{
        reply.integers[4 * i], reply.integers[4 * i + 1], reply.integers[4 * i + 2], reply.integers[4 * i + 3]};
    const std::int64_t whole = microseconds_of(take.interval) * take.burst;
    if (verdict < 0 || verdict > 2 || remaining < 0 || remaining > take.burst || reset < 0 || reset > whole ||
        retry_after < 0 || retry_after > whole || (verdict == 0) != (retry_after > 0))
      return std::nullopt;
    using Verdict = LimitState::Verdict;
    answer.states.push_back({verdict == 1 ? Verdict::admitted : (verdict == 0 ? Verdict::denied : Verdict::never),
                             remaining, std::chrono::microseconds{retry_after}, std::chrono::microseconds{reset}});
  }
  return answer;
}

std::optional<ReplayVerdict> verdict_of(const RedisReply& reply) {
  if (reply.kind == RedisReply::Kind::nil) return ReplayVerdict::seen;
  if (reply.kind == RedisReply::Kind::status && reply.text == "OK") return ReplayVerdict::first_time;
  return std::nullopt;
}

RedisRefusal refusal_of(std::string_view error) {
  using Remedy = RedisRefusal::Remedy;
  struct Row {
    std::string_view code;
    Remedy remedy;
    const char* why;
  };
  constexpr const char* split = "the store is a Redis cluster, which is not supported: name a single server";
  constexpr const char* not_allowed = "the store's user may not do this: it needs +evalsha +eval +get +set +time ~pc:*";
  constexpr const char* wants_password = "the store wants a user and password that are not these";
  static constexpr std::array rows{
      Row{"NOSCRIPT", Remedy::ask_with_script, "the store forgot the script, and again when it was sent along"},
      Row{"READONLY", Remedy::connect_again, "the store is a replica and takes no writes"},
      Row{"MASTERDOWN", Remedy::connect_again, "the store is a replica that has lost its primary"},
      Row{"LOADING", Remedy::wait, "the store is still loading its data"},
      Row{"BUSY", Remedy::wait, "the store is busy with somebody's script"},
      Row{"OOM", Remedy::wait, "the store has no memory left: raise maxmemory, or set maxmemory-policy volatile-ttl"},
      Row{"MISCONF", Remedy::wait, "the store takes no writes because it cannot save its data (see its own log)"},
      Row{"NOPERM", Remedy::wait, not_allowed},
      Row{"NOAUTH", Remedy::connect_again, wants_password},
      Row{"WRONGPASS", Remedy::connect_again, wants_password},
      Row{"MOVED", Remedy::wait, split},
      Row{"ASK", Remedy::wait, split},
      Row{"CROSSSLOT", Remedy::wait, split},
      Row{"TRYAGAIN", Remedy::wait, split},
      Row{"CLUSTERDOWN", Remedy::wait, split},
  };
  const std::string_view code = error.substr(0, error.find(' '));
  for (const Row& row : rows)
    if (code == row.code) return {row.remedy, row.why};
  for (const Row& row : rows)  // Redis 6 wraps what happened within the script: "ERR Error running script …: -OOM …"
    if (error.find(": -" + std::string{row.code} + ' ') != error.npos) return {row.remedy, row.why};
  static constexpr std::array phrases{
      // what has no code of its own
      Row{"The user executing the script", Remedy::wait, not_allowed},
      Row{"without any password configured", Remedy::connect_again, "the store has no password, but one is configured"},
      Row{"max number of clients reached", Remedy::connect_again, "the store takes no more connections (maxclients)"},
  };
  for (const Row& row : phrases)
    if (error.find(row.code) != error.npos) return {row.remedy, row.why};
  const bool is_code = !code.empty() && code.size() <= 20 &&
                       std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return {Remedy::wait,
          "the store answered with the error " + (is_code ? std::string{code} : std::string{"of no name"})};
}

// hiredis reads the protocol and tells each value by these functions. None builds an object: what is expected is put
// into the one reply there is, and what is not expected ends the reading where it would cost memory.
struct RedisReplyReader::State {
  RedisReply reply;
  redisReader* reader = nullptr;

  static State& of(const redisReadTask* task) { return *static_cast<State*>(task->privdata); }
  static bool is_inner(const redisReadTask* task) { return task->parent != nullptr; }
  static void* something() {
    static char taken;
    return &taken;
  }

  static void* string(const redisReadTask* task, char* text, std::size_t length) {
    RedisReply& reply = of(task).reply;
    reply.kind = RedisReply::Kind::other;
    if (is_inner(task) || task->type == REDIS_REPLY_STRING) return something();
    reply.kind = task->type == REDIS_REPLY_ERROR ? RedisReply::Kind::error : RedisReply::Kind::status;
    reply.text.assign(text, std::min(length, RedisReply::most_text));
    return something();
  }
  static void* array(const redisReadTask* task, int elements) {
    RedisReply& reply = of(task).reply;
    if (is_inner(task) || elements < 0 || static_cast<std::size_t>(elements) > reply.integers.size()) return nullptr;
    reply.kind = RedisReply::Kind::integers;
    return something();
  }
  static void* integer(const redisReadTask* task, long long value) {
    RedisReply& reply = of(task).reply;
    if (is_inner(task) && reply.count < reply.integers.size())
      reply.integers[reply.count++] = value;
    else
      reply.kind = RedisReply::Kind::other;
    return something();
  }
  static void* nil(const redisReadTask* task) {
    of(task).reply.kind = is_inner(task) ? RedisReply::Kind::other : RedisReply::Kind::nil;
    return something();
  }
  static void free(void*) {}
};

RedisReplyReader::RedisReplyReader() : state_(std::make_unique<State>()) {
  static redisReplyObjectFunctions functions{&State::string, &State::array, &State::integer, &State::nil, &State::free};
  state_->reader = redisReaderCreateWithFunctions(&functions);
  if (state_->reader == nullptr) throw std::bad_alloc{};
  state_->reader->privdata = state_.get();
  state_->reply.text.reserve(RedisReply::most_text);  // no exception may pass through hiredis
}

RedisReplyReader::~RedisReplyReader() {
  redisReaderFree(state_->reader);
}

bool RedisReplyReader::feed(std::string_view octets) {
  const redisReader& reader = *state_->reader;
  return reader.len - reader.pos + octets.size() <= most_waiting &&
         redisReaderFeed(state_->reader, octets.data(), octets.size()) == REDIS_OK;
}

RedisReplyReader::Next RedisReplyReader::next() {
  if (state_->reader->ridx == -1) {  // not in the middle of one
    state_->reply.kind = RedisReply::Kind::other;
    state_->reply.count = 0;
    state_->reply.text.clear();
  }
  void* whole = nullptr;
  if (redisReaderGetReply(state_->reader, &whole) != REDIS_OK) return Next::not_redis;
  return whole != nullptr ? Next::reply : Next::need_more;
}

const RedisReply& RedisReplyReader::reply() const noexcept {
  return state_->reply;
}

}  // namespace portcullis::net
