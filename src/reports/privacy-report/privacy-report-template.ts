const STYLE = `
:root {
	color-scheme: light dark;
	--text: #1a1f24; --soft: #4c5661; --back: #ffffff; --band: #f2f4f7; --line: #b9c1ca;
	--link: #0b57a4; --note: #7a3d00; --note-back: #fff4e5;
}
@media (prefers-color-scheme: dark) {
	:root {
		--text: #e6eaee; --soft: #aab4bf; --back: #14181c; --band: #1d2329; --line: #47525d;
		--link: #8ec1f5; --note: #ffcf99; --note-back: #33260f;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text);
	font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main, header, footer { max-width: 62rem; margin: 0 auto; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p { max-width: 44rem; }
a { color: var(--link); }
.soft, caption, dt { color: var(--soft); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: var(--back); }
.wide { overflow-x: auto; }
.wide table { min-width: 40rem; }
.record th { white-space: nowrap; }
.wide:focus { outline: 2px solid var(--link); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--band); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td ul { margin: 0; padding-left: 1.1rem; }
td.fields { overflow-wrap: anywhere; font-size: .9rem; min-width: 14rem; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dd { margin: 0; }
.findings li { background: var(--note-back); color: var(--note); padding: .5rem .75rem; margin: .4rem 0; border-left: 4px solid currentColor; }
.findings { list-style: none; padding: 0; }
nav ul { columns: 2; padding-left: 1.1rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } nav ul { columns: 1; } }
@media print {
	:root { --text: #000; --soft: #333; --back: #fff; --band: #eee; --line: #999; --link: #000; --note: #000; --note-back: #fff; }
	body { padding: 0; font-size: 10pt; }
	nav, .skip { display: none; }
	.wide { overflow: visible; }
	.wide table { min-width: 0; }
	h2, h3 { break-after: avoid; }
	tr, li, dl { break-inside: avoid; }
	thead { display: table-header-group; }
}
`;

/**
 * The page of the privacy report, for Eta. Everything between `<%=` and `%>` is escaped; the view
 * is `it` (see `ReportView`).
 */
export const PRIVACY_REPORT_TEMPLATE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Privacy report: <%= it.config.controller.name %></title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header>
<h1>Privacy report: open tracking</h1>
<p class="soft"><%= it.config.controller.name %> · made <%= it.generatedAt %> from the live configuration · n8n-nodes-email-open-tracking <%= it.config.packageVersion %></p>
<nav aria-label="Sections"><ul>
<li><a href="#attention">What needs attention</a></li>
<li><a href="#trackers">Where opens come in</a></li>
<li><a href="#modes">What is stored, per mode</a></li>
<li><a href="#flows">Where it flows</a></li>
<li><a href="#retention">How long it stays</a></li>
<li><a href="#policies">Policy of each open</a></li>
<li><a href="#record">Record of processing</a></li>
<li><a href="#assessment">Notes for an impact assessment</a></li>
</ul></nav>
</header>
<main id="main">

<section aria-labelledby="attention">
<h2 id="attention">What needs attention</h2>
<% if (it.findings.length === 0) { %><p>Nothing: the configuration fits its presets.</p><% } else { %>
<ul class="findings"><% for (const f of it.findings) { %>
<li><strong><%= f.about %>.</strong> <%= f.finding %>. <%= f.todo %>.</li><% } %>
</ul><% } %>
</section>

<section aria-labelledby="trackers">
<h2 id="trackers">Where opens come in</h2>
<% if (it.trackers.length === 0) { %><p>No tracker is set up.</p><% } %>
<% for (const tracker of it.trackers) { %>
<h3><%= tracker.name %></h3>
<dl><% for (const [what, value] of tracker.facts) { %>
<dt><%= what %></dt><dd><%= value %></dd><% } %>
</dl><% } %>
</section>

<section aria-labelledby="modes">
<h2 id="modes">What is stored, per mode</h2>
<p>An open never stores more than the lowest of what the operator, the link and the consent of the person allow. The table is the one the program works by.</p>
<div class="wide" tabindex="0" role="region" aria-label="Modes">
<table>
<caption>Tracking modes, from least to most</caption>
<thead><tr><th scope="col">Mode</th><th scope="col">Stores</th><th scope="col">Names the recipient</th><th scope="col">Time</th><th scope="col">Kept as</th><th scope="col">Fields that may hold a value</th></tr></thead>
<tbody><% for (const m of it.modes) { %>
<tr><th scope="row"><%= m.mode %><% if (m.used) { %> (in use)<% } %></th><td><%= m.summary %></td><td><%= m.recipient %></td><td><%= m.time %></td><td><%= m.keeps %></td><td class="fields"><%= m.fields %></td></tr><% } %>
</tbody></table></div>
</section>

<section aria-labelledby="flows">
<h2 id="flows">Where it flows</h2>
<p>Opens are kept in <%= it.config.store.kind %>, <%= it.config.store.location %>.</p>
<% if (it.sinks.length === 0) { %><p>They are sent nowhere else.</p><% } else { %>
<div class="wide" tabindex="0" role="region" aria-label="Destinations">
<table>
<caption>Destinations</caption>
<thead><tr><th scope="col">Sink</th><th scope="col">Destination</th><th scope="col">Country</th><th scope="col">Fields sent</th></tr></thead>
<tbody><% for (const sink of it.sinks) { %>
<tr><th scope="row"><%= sink.name %></th><td><%= sink.destination %></td><td><%= sink.country %></td><td class="fields"><%= sink.fields %></td></tr><% } %>
</tbody></table></div><% } %>
</section>

<section aria-labelledby="retention">
<h2 id="retention">How long it stays</h2>
<div class="wide" tabindex="0" role="region" aria-label="Retention">
<table>
<caption>Periods per class of data</caption>
<thead><tr><th scope="col">Data</th><th scope="col">Period</th><th scope="col">Counted from</th><th scope="col">Today deletes what is older than</th><th scope="col">Why</th></tr></thead>
<tbody><% for (const r of it.retention) { %>
<tr><th scope="row"><%= r.what %></th><td><%= r.period %></td><td><%= r.countsFrom %></td><td><%= r.deleteBefore %></td><td><%= r.because %></td></tr><% } %>
</tbody></table></div>
</section>

<section aria-labelledby="policies">
<h2 id="policies">Policy of each open</h2>
<% if (it.policies.length === 0) { %><p>No open is stored.</p><% } else { %>
<div class="wide" tabindex="0" role="region" aria-label="Policies">
<table>
<caption>Each stored open carries the version of the policy it came in under</caption>
<thead><tr><th scope="col">Policy</th><th scope="col" class="number">Opens</th><th scope="col">First</th><th scope="col">Last</th></tr></thead>
<tbody><% for (const p of it.policies) { %>
<tr><th scope="row"><%= p.label %></th><td class="number"><%= p.opens %></td><td><%= p.first %></td><td><%= p.last %></td></tr><% } %>
</tbody></table></div><% } %>
</section>

<section aria-labelledby="record">
<h2 id="record">Record of processing</h2>
<p>An entry for the record of processing activities (GDPR Art. 30(1)): tracking of mail opens.</p>
<div class="wide record" tabindex="0" role="region" aria-label="Record of processing">
<table>
<caption>Entry as the configuration gives it; complete it where a point says none</caption>
<thead><tr><th scope="col">Article</th><th scope="col">Point</th><th scope="col">Entry</th></tr></thead>
<tbody><% for (const entry of it.record) { %>
<tr><th scope="row"><%= entry.article %></th><td><%= entry.what %></td><td><ul><% for (const line of entry.lines) { %><li><%= line %></li><% } %></ul></td></tr><% } %>
</tbody></table></div>
</section>

<section aria-labelledby="assessment">
<h2 id="assessment">Notes for an impact assessment</h2>
<p>Material for GDPR Art. 35(7). Whether an assessment is needed, and whether the processing is necessary and proportionate, is for the controller to judge.</p>
<h3>What is done</h3>
<p>A mail holds an image. When a mail program asks for it, the request is judged (person, proxy or machine), checked against consent, reduced to what the mode allows and stored. Purposes: <%= it.purposes || 'none' %>.</p>
<h3>Necessity</h3>
<p>Ask for each tracker: would counts (mode aggregate), or the day of the last open (mode hygiene), be enough for the purpose? Are replies, sales or sign-ins a better measure than opens, which many mail programs hide or fake?</p>
<h3>Risks and what reduces them</h3>
<div class="wide" tabindex="0" role="region" aria-label="Risks">
<table>
<caption>Risks to the people tracked</caption>
<thead><tr><th scope="col">Risk</th><th scope="col">In this configuration</th></tr></thead>
<tbody><% for (const r of it.risks) { %>
<tr><th scope="row"><%= r.risk %></th><td><%= r.reducedBy %></td></tr><% } %>
</tbody></table></div>
<% if (it.sources.length > 0) { %><h3>Rules behind the presets in use</h3>
<ul><% for (const source of it.sources) { %><li><%= source %></li><% } %></ul><% } %>
</section>
</main>
<footer>
<h2>What this report cannot know</h2>
<p>It shows what this package is set up to do. It does not see what other nodes of a workflow, n8n's own execution data, a reverse proxy or a destination keep: docs/privacy.md says where to look. It is not legal advice.</p>
</footer>
</body>
</html>
`;
