#include "world/tenant/tenant_pages.h"

namespace portcullis::world {
namespace {

constexpr std::string_view stylesheet = R"(:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --surface: #ffffff; --line: #d5d9e0; --field-line: #7b8494;
  --text: #1b2230; --muted: #515c6e; --accent: #2348c4; --on-accent: #ffffff;
  --bad: #a4161a; --bad-ground: #fdeeee; --note: #6b4b00; --note-ground: #fff5d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151b; --surface: #1b2029; --line: #343c4a; --field-line: #8b95a7;
    --text: #e9ecf2; --muted: #aab3c2; --accent: #9db4ff; --on-accent: #101633;
    --bad: #ffb1b1; --bad-ground: #3a1c1f; --note: #ffdf8f; --note-ground: #362c12;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground);
  color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.development { margin: 0; padding: .6rem 1rem; text-align: center; font-size: .875rem;
  color: var(--note); background: var(--note-ground); }
main { width: min(26rem, 100% - 2rem); margin: auto; padding: 2rem 0 4rem; }
main.wide { width: min(42rem, 100% - 2rem); }
.card { padding: 1.75rem; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; } .lead { margin: 0 0 1.25rem; color: var(--muted); }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input { width: 100%; min-height: 2.9rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--surface); border: 1px solid var(--field-line); border-radius: 8px; }
input[aria-invalid="true"] { border-color: var(--bad); }
button, .button { display: block; width: 100%; min-height: 2.9rem; margin-top: 1.5rem; padding: .6rem 1rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; color: var(--on-accent); background: var(--accent);
  border: 0; border-radius: 8px; cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert { margin: 0 0 1rem; padding: .75rem .9rem; color: var(--bad); background: var(--bad-ground); border-radius: 8px; }
a { color: var(--accent); } code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .45rem .5rem .45rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 600; }
ul { padding-left: 1.1rem; } li { margin: .3rem 0; } .text { overflow-wrap: anywhere; }
)";

}  // namespace

net::HttpResponse tenant_stylesheet() {
  return {200,
          {{"Content-Type", "text/css; charset=utf-8"},
           {"Cache-Control", "no-cache"},
           {"X-Content-Type-Options", "nosniff"}},
          std::string{stylesheet}};
}

}  // namespace portcullis::world
