import { STYLE } from "../style.ts";

/** The control room's style sheet: the buyers' pages' with tables, tiles and JSON, and smaller. */
export const CONTROL_STYLE = `${STYLE}
body { font-size: 15px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .3rem .6rem; z-index: 1; }
.bar { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: center; padding: .5rem clamp(1rem, 4vw, 2rem); border-bottom: 1px solid var(--line); background: var(--side); }
.bar ul { display: flex; flex-wrap: wrap; gap: .1rem; list-style: none; padding: 0; margin: 0 -.6rem; } .brand { font-weight: 650; }
.bar a { display: block; padding: .3rem .6rem; border-radius: .4rem; color: var(--soft); text-decoration: none; font-weight: 550; } .bar a:hover { color: var(--text); }
.bar a[aria-current] { color: var(--text); background: var(--page); box-shadow: inset 0 0 0 1px var(--edge); }
.room { max-width: 72rem; margin: 0 auto; padding: 1.75rem clamp(1rem, 4vw, 2rem) 4rem; gap: 1.25rem; } .room > *, .box > *, section > * { min-width: 0; } .room > section { margin-top: .75rem; }
.room h1 { overflow-wrap: anywhere; } .room h2, h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
button, .button { min-height: 2.25rem; padding: .3rem .8rem; font-weight: 550; justify-self: start; } input:not([type=radio], [type=checkbox]), select { min-height: 2.25rem; padding: .3rem .6rem; }
.tiles { list-style: none; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
.tile { display: block; height: 100%; padding: .7rem .9rem; border: 1px solid var(--line); border-radius: .6rem; color: var(--soft); text-decoration: none; font-size: .87rem; } .tile:hover { border-color: var(--accent); }
.tile strong { display: block; font-size: 1.5rem; line-height: 1.3; color: var(--text); font-variant-numeric: tabular-nums; }
.said { border: 1px solid var(--good); background: var(--good-back); color: var(--good); border-radius: .45rem; padding: .6rem .8rem; }
.scroll { font-size: .93rem; } th, td { padding-block: .4rem; } td { vertical-align: top; } .excerpt { white-space: pre-wrap; display: block; min-width: 12rem; max-width: 28rem; }
.id { display: inline-block; max-width: 22ch; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
pre, .json { margin: 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--side); font: .87rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-x: auto; white-space: pre; }
pre { user-select: all; }
.secret { display: inline; border: 0; padding: 0; font: inherit; } .secret summary { display: inline; color: var(--accent); text-decoration: underline; text-underline-offset: .15em; }
.start { justify-content: flex-start; } .row.start > .field, .filter > .field { flex: 0 1 18rem; } .filter { justify-content: flex-start; } .box > .row:first-child { align-items: center; }
.check { display: flex; gap: .5rem; align-items: center; min-height: 2.25rem; }
.box dl { padding: 0; } dt { color: var(--soft); } dd details { border: 0; padding: 0; }
.pages { display: flex; gap: 1rem; align-items: baseline; }
button.danger { background: var(--bad); border-color: var(--bad); color: var(--page); } button.danger:hover { background: color-mix(in srgb, var(--bad), var(--text) 14%); } button:disabled { color: var(--soft); background: var(--side); border-color: var(--line); cursor: not-allowed; }
`;
