// What Redis runs for one question: the arithmetic of limits, for all buckets of the question at once.
#pragma once

#include <string_view>

namespace portcullis::net {

/// KEYS: the buckets. ARGV: now (microseconds; 0: the server's clock), cost, then interval (microseconds) and burst of
/// each bucket. Answers four integers a bucket: verdict (1 admitted, 0 denied, 2 never), remaining, microseconds until
/// this cost would be admitted, microseconds until the bucket is full. ratelimit.md §1.2, §1.5 and §4.3.
///
/// Lua's numbers are doubles: every sum stays below 2^53, where they are exact integers (`largest_bucket`), and is
/// written with %.0f, since tostring() would round. A clock that went back is healed at once, also by a question that
/// is refused. An expired key is a full bucket; it lives a second longer than that, for clocks that differ.
inline constexpr std::string_view limit_script = R"(
local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local admitted, verdicts, bases, wants, clamped = true, {}, {}, {}, {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local latest = now + interval * burst
  local base = tonumber(redis.call('GET', key) or 0)
  if base > latest then
    base, clamped[i] = latest, true
  elseif base < now then
    base = now
  end
  local verdict, want = 1, base + cost * interval
  if cost < 0 or cost > burst then
    verdict, clamped[i] = 2, nil
  elseif want > latest then
    verdict = 0
  end
  admitted = admitted and verdict == 1
  verdicts[i], bases[i], wants[i] = verdict, base, want
end
local answer = {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local latest = now + interval * burst
  local full = admitted and wants[i] or bases[i]
  if clamped[i] or admitted and cost > 0 then
    redis.call('SET', key, string.format('%.0f', full), 'PX', string.format('%.0f', math.ceil((full - now) / 1000) + 1000))
  end
  local at = 4 * i - 3
  answer[at] = verdicts[i]
  answer[at + 1] = math.floor((latest - full) / interval)
  answer[at + 2] = verdicts[i] == 0 and wants[i] - latest or 0
  answer[at + 3] = full - now
end
return answer
)";

}  // namespace portcullis::net
