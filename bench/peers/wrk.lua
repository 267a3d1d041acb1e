-- Asks for the paths of a file, one a line, in turn; without any, for the one of the URL. What wrk
-- found is one line of JSON.
local requests = {}
local last = 0

function init(args)
	for path in io.lines(args[1]) do
		requests[#requests + 1] = wrk.format('GET', path)
	end
	if #requests == 0 then
		requests[1] = wrk.format()
	end
end

function request()
	last = last % #requests + 1
	return requests[last]
end

function done(summary, latency)
	local failed = summary.errors
	io.write(string.format(
		'{"answered":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n',
		summary.requests - failed.status, summary.duration / 1e6,
		latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
		failed.connect + failed.read + failed.write + failed.timeout + failed.status))
end
