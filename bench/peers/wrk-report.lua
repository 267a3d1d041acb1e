-- What wrk found, as one line of JSON.
done = function(summary, latency)
	local failed = summary.errors
	local all = failed.connect + failed.read + failed.write + failed.timeout + failed.status
	io.write(string.format(
		'{"answered":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n',
		summary.requests - failed.status, summary.duration / 1e6,
		latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, all))
end
