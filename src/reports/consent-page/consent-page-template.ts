/**
 * The page people see behind the link in a mail, for Eta; the view is `it` (see `ConsentPageView`).
 * Everything between `<%=` and `%>` is escaped. No script, no image, nothing from elsewhere. Forms
 * have no address: they go to the address of the page, which carries the signed token.
 */
export const CONSENT_PAGE_TEMPLATE = `<!doctype html>
<html lang="<%= it.language %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'">
<title><%= it.title %></title>
<style>
:root { --paper: #fff; --ink: #1a1f24; --soft: #4c5661; --line: #8b959f; --strong: #0b57a4; --on-strong: #fff; --note: #e8f1fa; }
@media (prefers-color-scheme: dark) {
	:root { --paper: #14181c; --ink: #e6eaee; --soft: #aab4bf; --line: #6b7681; --strong: #8ec1f5; --on-strong: #0d1a26; --note: #1c2a38; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 36rem; margin: 0 auto; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; white-space: pre-line; }
.note { background: var(--note); border-left: 4px solid var(--strong); padding: .75rem 1rem; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; padding: .5rem 1rem 1rem; }
legend { padding: 0 .35rem; font-weight: 600; }
label { display: inline-flex; align-items: center; gap: .5rem; min-height: 2.75rem; margin-right: 1.5rem; }
input { width: 1.25rem; height: 1.25rem; accent-color: var(--strong); }
small { display: block; color: var(--soft); font-size: .95rem; }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1.1rem; margin: 0 .75rem .75rem 0; border: 1px solid var(--line); border-radius: .5rem; background: none; color: inherit; cursor: pointer; }
button.strong { background: var(--strong); border-color: var(--strong); color: var(--on-strong); }
button:focus-visible, input:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
</style>
</head>
<body>
<main>
<h1><%= it.title %></h1>
<% if (it.message) { %><p class="note" role="status"><%= it.message %></p><% } %>
<% if (it.reference) { %><p><strong><%= it.reference %></strong></p><% } %>
<% if (it.purposes.length > 0) { %>
<p><%= it.notice %></p>
<form method="post">
<% for (const p of it.purposes) { %>
<fieldset>
<legend><%= p.title %></legend>
<small><%= p.now %></small>
<label><input type="radio" name="<%= p.purpose %>" value="given"> <%= it.words.yes %></label>
<label><input type="radio" name="<%= p.purpose %>" value="no"> <%= it.words.no %></label>
</fieldset>
<% } %>
<button class="strong" name="action" value="save"><%= it.words.save %></button>
<button class="strong" name="action" value="withdraw"><%= it.words.withdrawAll %></button>
</form>
<h2><%= it.words.rightsTitle %></h2>
<p><%= it.words.rightsText %></p>
<form method="post">
<button name="action" value="request-copy"><%= it.words.askCopy %></button>
<button name="action" value="request-erasure"><%= it.words.askErasure %></button>
</form>
<% } %>
<% if (it.rights) { %>
<form method="post"><button class="strong" name="action" value="export"><%= it.words.download %></button></form>
<p><%= it.words.eraseText %></p>
<form method="post"><button name="action" value="erase"><%= it.words.erase %></button></form>
<% } %>
</main>
</body>
</html>
`;
