/** The pages' only style sheet, inline: one document, no further request. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fff; --side: #f6f8fa; --text: #1a1f36; --soft: #566074; --line: #dfe4ea; --edge: #848fa0; --field: #fff; --accent: #0561c9; --on-accent: #fff; --glow: #0561c92e; --bad: #b3093c; --bad-back: #fff0f3; --good: #0a6637; --good-back: #e4f6ec; --badge: #ffde92; --on-badge: #4d2c00; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --side: #1b1f27; --text: #eceff4; --soft: #a5afc0; --line: #333b49; --edge: #758195; --field: #1f242d; --accent: #5babff; --on-accent: #06131f; --glow: #5babff47; --bad: #ff8fa8; --bad-back: #3a1620; --good: #6cd79c; --good-back: #12331f; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); background: var(--page); -webkit-text-size-adjust: 100%; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h1, h2, p, ul, dl, dd { margin: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; } h2 { font-size: 1.1rem; line-height: 1.35; }
.columns { display: grid; grid-template-columns: 1fr 1fr; min-height: 100vh; }
.columns > * { padding: 3.5rem clamp(1rem, 6vw, 5rem); }
.columns > * > * { max-width: 26rem; width: 100%; }
.columns h1 { font-size: 1.05rem; font-weight: 550; color: var(--soft); letter-spacing: 0; } .summary > * { margin-left: auto; } .summary .lines { margin-top: 1.25rem; }
.summary { background: var(--side); }
.stack { display: grid; gap: 1rem; align-content: start; } .stack > *, .columns > * { min-width: 0; } form.stack { gap: 1.1rem; }
.soft { color: var(--soft); font-size: .9rem; }
.price { font-size: 2.5rem; font-weight: 650; line-height: 1.1; letter-spacing: -.02em; font-variant-numeric: tabular-nums; } .price small { font-size: .95rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.lines { list-style: none; padding: 0; display: grid; gap: .9rem; }
.lines li, .total { display: flex; justify-content: space-between; gap: 1rem; font-variant-numeric: tabular-nums; }
.lines li > span + span, .total > span + span, .amounts dd { white-space: nowrap; }
.total { border-top: 1px solid var(--line); padding-top: .9rem; font-weight: 600; }
.badge { display: inline-block; width: fit-content; padding: .25rem .6rem; border-radius: .3rem; background: var(--badge); color: var(--on-badge); font-size: .78rem; font-weight: 600; white-space: nowrap; }
.field { display: grid; gap: .35rem; } .field > label, legend { font-size: .9rem; font-weight: 550; }
legend { padding: 0; margin-bottom: .35rem; } details p { margin-top: .5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
input:not([type=radio], [type=checkbox]), select { width: 100%; min-height: 2.85rem; font: inherit; color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: .45rem; padding: .55rem .75rem; line-height: 1.4; }
input:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 0; border-color: var(--accent); box-shadow: 0 0 0 5px var(--glow); }
input[aria-invalid] { border-color: var(--bad); } input[readonly] { background: var(--side); color: var(--soft); border-color: var(--line); }
input[type=radio], input[type=checkbox] { width: 1.05rem; height: 1.05rem; margin: 0; flex: none; accent-color: var(--accent); } ::placeholder { color: var(--soft); opacity: .9; }
fieldset { border: 0; padding: 0; margin: 0; display: grid; } .address { gap: .75rem; } .address legend { margin-bottom: .5rem; }
.choice { display: flex; gap: .7rem; align-items: center; border: 1px solid var(--edge); padding: .7rem .8rem; cursor: pointer; } .choice + .choice { border-top-color: var(--line); margin-top: -1px; }
.choice:first-of-type { border-radius: .45rem .45rem 0 0; } .choice:last-of-type { border-radius: 0 0 .45rem .45rem; } .choice:has(:checked) { background: var(--side); font-weight: 550; }
.choice:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 0; z-index: 1; } .choice :focus-visible { outline: 0; }
form:has(#by-card:checked) .sepa, form:has(#by-sepa:checked) .card { display: none; }
form:not(:has(#country option[value=US]:checked)) .state { display: none; }
.amounts { grid-template-columns: 1fr auto; padding: 0; } .amounts dd { text-align: right; font-variant-numeric: tabular-nums; }
button, .button { display: inline-block; min-height: 2.75rem; font: inherit; font-weight: 600; border-radius: .45rem; padding: .55rem 1rem; line-height: 1.5; cursor: pointer; border: 1px solid var(--edge); background: var(--field); color: var(--text); text-decoration: none; } button:hover, .button:hover { background: var(--side); }
button.main { width: 100%; min-height: 3rem; background: var(--accent); border-color: var(--accent); color: var(--on-accent); } button.main:hover { background: color-mix(in srgb, var(--accent), var(--text) 14%); }
.error { background: var(--bad-back); color: var(--bad); border: 1px solid var(--bad); border-radius: .45rem; padding: .6rem .8rem; }
details { border: 1px dashed var(--edge); border-radius: .45rem; padding: .6rem .8rem; font-size: .88rem; } summary { cursor: pointer; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem .9rem; padding-top: .5rem; } code { font-size: .95em; overflow-wrap: anywhere; }
.page { max-width: 46rem; margin: 0 auto; padding: 3rem 1rem; gap: 1.25rem; } .page > section { margin-top: 1rem; }
.box { border: 1px solid var(--line); border-radius: .7rem; padding: 1.25rem; display: grid; gap: .75rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; justify-content: space-between; } .row > .field { flex: 1 1 14rem; } .row:not(:has(> .field)) { align-items: baseline; }
.ends { color: var(--bad); font-weight: 550; } .status { color: var(--good); font-weight: 550; } article .status { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; background: var(--good-back); font-size: .85rem; } .status::first-letter { text-transform: uppercase; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; } th, td { text-align: left; padding: .6rem .8rem .6rem 0; border-top: 1px solid var(--line); white-space: nowrap; font-variant-numeric: tabular-nums; } thead th { border: 0; color: var(--soft); font-size: .85rem; font-weight: 500; padding-block: 0 .4rem; }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr; min-height: 0; } .columns > * { padding: 1.75rem 1rem; } .columns > * > * { max-width: 34rem; margin-inline: auto; } .page { padding-block: 1.75rem; } }
@media (max-width: 30rem) { table { font-size: .85rem; } th, td { padding-right: .5rem; } }
@media (prefers-reduced-motion: no-preference) { button, .button, input, select { transition: background-color .12s, border-color .12s, box-shadow .12s; } }
`;
