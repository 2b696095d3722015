// What is said to Redis about limits and seen proofs, and what it answers: octets, no connection. RESP2, which every
// version speaks.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/limit.h"
#include "portcullis/replay.h"

namespace portcullis::net {

/// The most buckets of one question.
inline constexpr std::size_t most_redis_takes = 16;
/// interval × burst of a bucket, in microseconds: twice that and the time since 1970 stay below 2^53 until 2112.
inline constexpr std::int64_t largest_bucket = std::int64_t{1} << 51;

/// A bucket's interval in the script's ticks, rounded up: never more than configured is granted.
std::int64_t microseconds_of(std::chrono::nanoseconds interval) noexcept;
/// Why this cannot be asked; empty: it can.
std::string fault_of(const NeedLimit& question);

/// Whether the script is sent along, or only its hash.
enum class ScriptForm : std::uint8_t { hash, text };
/// Appends the command to `out`. @param now microseconds; 0: the server's clock
void write_question(const NeedLimit& question, std::int64_t now, ScriptForm form, std::string& out);
/// How a proof is looked up: as if for the first time, or so that what an earlier try of the same question may have
/// written is not taken for a second proof.
enum class ReplayForm : std::uint8_t { first, repeated };
/// Appends the command to `out`. @param mark  of this question alone, for all time, on all machines
void write_question(const NeedReplayCheck& question, std::string_view mark, ReplayForm form, std::string& out);
/// Appends AUTH.
void write_login(const std::string& user, const std::string& password, std::string& out);

/// One answer of the server.
struct RedisReply {
  enum class Kind : std::uint8_t { integers, status, error, nil, other } kind = Kind::other;
  std::array<std::int64_t, 4 * most_redis_takes> integers{};
  std::size_t count = 0;  // of integers
  std::string text{};     // of a status or an error, cut off after `most_text`
  static constexpr std::size_t most_text = 256;
};

/// What the script answered to this question, or nothing if it cannot have.
std::optional<LimitStates> states_of(const NeedLimit& question, const RedisReply& reply);

/// The same of a question about a proof.
std::optional<ReplayVerdict> verdict_of(const RedisReply& reply);

/// An error answer in words of ours: of the server's own only its code is repeated.
struct RedisRefusal {
  enum class Remedy : std::uint8_t {
    ask_with_script,  // NOSCRIPT
    connect_again,    // another server, or this one in another role, may answer
    wait,
  };
  Remedy remedy;
  std::string why;
};
RedisRefusal refusal_of(std::string_view error);

/// Takes octets, gives replies. Bounded whatever comes.
class RedisReplyReader {
 public:
  RedisReplyReader();
  ~RedisReplyReader();
  RedisReplyReader(const RedisReplyReader&) = delete;
  RedisReplyReader& operator=(const RedisReplyReader&) = delete;

  /// @returns false: too much that is no whole reply
  [[nodiscard]] bool feed(std::string_view octets);
  enum class Next : std::uint8_t { reply, need_more, not_redis };
  /// The next whole reply, in `reply()` until the next call.
  [[nodiscard]] Next next();
  const RedisReply& reply() const noexcept;

  static constexpr std::size_t most_waiting = 64 * 1024;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portcullis::net
