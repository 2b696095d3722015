-- wrk's requests: one for each line of a file of tokens, in turn.   wrk … -s tokens.lua URL -- FILE PATH [FIRST]
-- Prints what was counted as one line of JSON.
local requests, turn = {}, 0

function init(arguments)
  turn = tonumber(arguments[3] or 0)
  for token in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format('GET', arguments[2], {
      ['Host'] = 'api.example.com',
      ['Authorization'] = 'Bearer ' .. token,
      ['X-Original-Method'] = 'GET',
      ['X-Original-URI'] = '/orders/1',
      ['X-Original-Host'] = 'api.example.com',
      ['X-Original-Proto'] = 'https',
      ['X-Original-Address'] = '192.0.2.7',
    })
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "microseconds": %d, "p99": %d, "refused": %d, "broken": %d}\n', summary.requests,
    summary.duration, latency:percentile(99), errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
