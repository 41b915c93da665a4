/** The pages' only style sheet, inline: one document, no further request. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fff; --side: #f6f8fa; --text: #1a1f36; --soft: #5b6478; --line: #d5dbe1; --field: #fff; --accent: #0570de; --on-accent: #fff; --bad: #b3093c; --bad-back: #fff0f3; --good: #0b6b3a; --badge: #ffde92; --on-badge: #4d2c00; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --side: #1b1f27; --text: #eceff4; --soft: #a5afc0; --line: #384150; --field: #1f242d; --accent: #4ba3ff; --on-accent: #06131f; --bad: #ff8fa8; --bad-back: #3a1620; --good: #6cd79c; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); background: var(--page); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h1, h2, p, ul, dl, dd { margin: 0; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; }
.columns { display: grid; grid-template-columns: 1fr 1fr; min-height: 100vh; }
.columns > * { padding: 3rem clamp(1rem, 6vw, 5rem); }
.columns > * > * { max-width: 26rem; width: 100%; }
.summary { background: var(--side); } .summary > * { margin-left: auto; }
.stack { display: grid; gap: 1rem; align-content: start; }
.soft { color: var(--soft); font-size: .9rem; }
.price { font-size: 2.25rem; font-weight: 650; line-height: 1.2; } .price small { font-size: .95rem; font-weight: 400; color: var(--soft); }
.lines { list-style: none; padding: 0; display: grid; gap: .75rem; }
.lines li, .total { display: flex; justify-content: space-between; gap: 1rem; }
.total { border-top: 1px solid var(--line); padding-top: .75rem; font-weight: 600; }
.badge { display: inline-block; width: fit-content; padding: .1rem .5rem; border-radius: .3rem; background: var(--badge); color: var(--on-badge); font-size: .8rem; font-weight: 600; }
.field { display: grid; gap: .3rem; } .field > label, legend { font-size: .9rem; font-weight: 550; }
legend { padding: 0; } details p { margin-top: .5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
input:not([type=radio]), select { width: 100%; font: inherit; color: inherit; background: var(--field); border: 1px solid var(--line); border-radius: .4rem; padding: .65rem .75rem; line-height: 1.5; }
input[readonly] { background: var(--side); color: var(--soft); }
fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: .6rem; }
.choice { display: flex; gap: .6rem; align-items: center; border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .7rem; }
form:has(#by-card:checked) .sepa, form:has(#by-sepa:checked) .card { display: none; }
form:not(:has(#country option[value=US]:checked)) .state { display: none; }
.amounts { grid-template-columns: 1fr auto; padding: 0; } .amounts dd { text-align: right; }
button { font: inherit; font-weight: 600; border-radius: .4rem; padding: .65rem 1rem; line-height: 1.5; cursor: pointer; border: 1px solid var(--line); background: var(--field); color: var(--text); }
button.main { width: 100%; background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.error { background: var(--bad-back); color: var(--bad); border: 1px solid var(--bad); border-radius: .4rem; padding: .6rem .8rem; }
details { border: 1px dashed var(--line); border-radius: .4rem; padding: .5rem .8rem; font-size: .88rem; } summary { cursor: pointer; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem .9rem; padding-top: .5rem; } code { font-size: .95em; overflow-wrap: anywhere; }
.page { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1rem; }
.box { border: 1px solid var(--line); border-radius: .6rem; padding: 1.25rem; display: grid; gap: .75rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; justify-content: space-between; } .row > .field { flex: 1 1 14rem; }
.ends { color: var(--bad); font-weight: 550; } .status { color: var(--good); font-weight: 550; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; } th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-top: 1px solid var(--line); white-space: nowrap; } thead th { border: 0; color: var(--soft); font-size: .85rem; font-weight: 500; }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr; min-height: 0; } .columns > * { padding: 1.5rem 1rem; } .columns > * > * { max-width: 34rem; margin-inline: auto; } }
`;
