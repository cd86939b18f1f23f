-- Counts a request in each of its windows, or in none.
-- KEYS: a count for each window, the widest first.
-- ARGV: 1 for a background request, how far the counted server's clock is ahead in microseconds;
-- then for each window: the requests it allows, its length in microseconds, and the number that
-- background requests are spread over (0 if they are not).
-- Returns the position of the window that is to be waited for and the microseconds, or 0 and 0.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(ARGV[2])
local windows = {}
for i, key in ipairs(KEYS) do
  local allowed = tonumber(ARGV[3 * i])
  local length = tonumber(ARGV[3 * i + 1])
  local spread = tonumber(ARGV[3 * i + 2])
  local window = math.floor(now / length)
  local passed = now - window * length
  local left = length - passed
  local stored = redis.call('HMGET', key, 'window', 'used')
  local used = 0
  if stored[1] then
    local of = tonumber(stored[1])
    -- After a failover the clock may be a little behind: the later window counts.
    if of == window or of == window + 1 then
      used = tonumber(stored[2])
      window = of
    end
  end
  if ARGV[1] == '1' and spread > 0 then
    if used >= spread then
      return {i, left}
    end
    local due = math.ceil(length * used / spread)
    if due > passed then
      return {i, due - passed}
    end
  elseif used >= allowed then
    return {i, left}
  end
  windows[i] = {window, used + 1, left}
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'window', string.format('%d', windows[i][1]), 'used', windows[i][2])
  redis.call('PEXPIRE', key, string.format('%d', math.floor(windows[i][3] / 1000) + 1000))
end
return {0, 0}
