-- Stores a value of the cache, unless its key was removed since the value began to be read.
-- KEYS: the value, the number of removals.
-- ARGV: the value, its time in milliseconds, the number of removals that was read ('-' if none was
-- read), the channel and the message of its invalidation.
if ARGV[3] ~= '-' and (redis.call('GET', KEYS[2]) or '0') ~= ARGV[3] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
