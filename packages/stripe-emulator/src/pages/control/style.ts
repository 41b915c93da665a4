import { STYLE } from "../style.ts";

/** The control room's style sheet: the buyers' pages' with tables, tiles and JSON. */
export const CONTROL_STYLE = `${STYLE}
.skip { position: absolute; left: -999px; } .skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .3rem .6rem; z-index: 1; }
.bar { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: center; padding: .6rem clamp(1rem, 4vw, 2rem); border-bottom: 1px solid var(--line); background: var(--side); }
.bar ul { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; padding: 0; margin: 0 -.6rem; } .brand { font-weight: 650; }
.bar a { display: block; padding: .3rem .6rem; border-radius: .4rem; color: var(--soft); text-decoration: none; font-weight: 550; } .bar a:hover { color: var(--text); }
.bar a[aria-current] { color: var(--text); background: var(--page); box-shadow: inset 0 0 0 1px var(--line); }
.room { max-width: 68rem; margin: 0 auto; padding: 1.75rem clamp(1rem, 4vw, 2rem) 4rem; gap: 1.25rem; } .room > *, .box > *, section > * { min-width: 0; }
.room h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h3 { margin: 0; font-size: 1rem; } .room h2, h3 { overflow-wrap: anywhere; }
.tiles { list-style: none; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.tile { display: block; height: 100%; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .6rem; color: var(--soft); text-decoration: none; font-size: .9rem; } .tile:hover { border-color: var(--accent); }
.tile strong { display: block; font-size: 1.5rem; line-height: 1.3; color: var(--text); font-variant-numeric: tabular-nums; }
.said { border: 1px solid var(--good); color: var(--good); border-radius: .4rem; padding: .6rem .8rem; }
td { vertical-align: top; } td time { font-variant-numeric: tabular-nums; } .excerpt { white-space: pre-wrap; display: block; min-width: 12rem; max-width: 28rem; }
pre, .json { margin: 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--side); font: .84rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-x: auto; white-space: pre; }
pre { user-select: all; }
.secret { display: inline; border: 0; padding: 0; font: inherit; } .secret summary { display: inline; color: var(--accent); text-decoration: underline; }
.start { justify-content: flex-start; } .row.start > .field, .filter > .field { flex: 0 1 18rem; } .filter { justify-content: flex-start; }
.check { display: flex; gap: .5rem; align-items: center; padding: .65rem 0; } .check input { width: auto; }
.box dl { padding: 0; } dt { color: var(--soft); } dd details { border: 0; padding: 0; }
.pages { display: flex; gap: 1rem; align-items: baseline; }
.button { display: inline-block; font-weight: 600; border-radius: .4rem; padding: .65rem 1rem; border: 1px solid var(--line); background: var(--field); color: var(--text); text-decoration: none; }
button.danger { background: var(--bad); border-color: var(--bad); color: var(--page); } button:disabled { color: var(--soft); cursor: not-allowed; }
`;
