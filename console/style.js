// The look of all elements. A host page themes them by the custom properties `--sw-…` (console/README.md).

import { css } from "./vendor/lit.js";

export const styles = css`
  :host {
    --accent: var(--sw-accent, light-dark(#4338ca, #a5b4fc));
    --on-accent: var(--sw-on-accent, light-dark(#fff, #1e1b4b));
    --text: var(--sw-text, light-dark(#1c1c22, #ececf1));
    --muted: var(--sw-muted, light-dark(#5b5b66, #a8a8b5));
    --surface: var(--sw-surface, light-dark(#fff, #17171c));
    --raised: var(--sw-raised, light-dark(#f6f6f9, #212128));
    --edge: var(--sw-edge, light-dark(#dcdce3, #36363f));
    --field: var(--sw-field, light-dark(#8a8a96, #777784));
    --bad: var(--sw-bad, light-dark(#b3261e, #ffb4ab));
    --bad-surface: light-dark(#fdecea, #3b1c1a);
    --warn-surface: light-dark(#fff4d6, #3a2f12);
    --good: light-dark(#17693a, #86d9a4);
    --radius: var(--sw-radius, .5rem);
    display: block;
    position: relative;
    font: 400 .9375rem/1.5 var(--sw-font, system-ui, sans-serif);
    color: var(--text);
    container-type: inline-size;
    text-align: start;
  }
  :host([hidden]), [hidden] { display: none !important; }
  :host([loading])::before { content: ""; position: fixed; z-index: 30; inset: 0 0 auto; height: .1875rem; background: var(--accent); animation: appear .2s .4s both; }
  @keyframes appear { from { opacity: 0; } }
  *, ::before, ::after { box-sizing: border-box; }
  h1, h2, h3, p, ul, dl, dd { margin: 0; }
  h1 { font-size: 1.375rem; line-height: 1.3; }
  h2 { font-size: 1.0625rem; line-height: 1.4; }
  h3 { font-size: .9375rem; }
  h1, h2, h3, p, td, dd, li { overflow-wrap: anywhere; }
  a { color: var(--accent); }
  small, .muted { color: var(--muted); font-size: .8125rem; }
  ul.plain { list-style: none; padding: 0; }
  section, .stack { display: grid; gap: 1rem; align-content: start; }
  section, .stack, .card, .field, .empty { grid-template-columns: minmax(0, 1fr); }
  .stack.tight { gap: .25rem; }
  .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
  .row.end { justify-content: flex-end; }
  .row.apart { justify-content: space-between; }
  .card { border: 1px solid var(--edge); border-radius: var(--radius); padding: 1rem; background: var(--surface); display: grid; gap: .75rem; }
  .empty { border: 1px dashed var(--edge); border-radius: var(--radius); padding: 2rem 1rem; text-align: center; display: grid; gap: .75rem; justify-items: center; }
  .banner { border-radius: var(--radius); padding: .625rem .875rem; background: var(--warn-surface); }
  .failure, .complaint { border-radius: var(--radius); background: var(--bad-surface); color: var(--bad); padding: .625rem .875rem; }
  .failure { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; justify-content: space-between; }
  .complaint a { color: inherit; }
  .waiting { color: var(--muted); display: flex; gap: .5rem; align-items: center; padding: 1rem 0; }
  .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  button, .button { font: inherit; font-weight: 550; line-height: 1.25; color: inherit; background: var(--surface); border: 1px solid var(--field); border-radius: var(--radius); padding: .4375rem .75rem; min-height: 2.25rem; cursor: pointer; text-decoration: none; display: inline-flex; gap: .5rem; align-items: center; justify-content: center; text-align: center; }
  button:hover { background: var(--raised); }
  button.primary, .button.primary { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
  button.danger { color: var(--bad); border-color: var(--bad); }
  button.quiet { background: none; border-color: transparent; color: var(--accent); text-decoration: underline; }
  button.icon { border-color: transparent; background: none; min-width: 2.25rem; padding: .25rem; font-size: 1.125rem; }
  button[aria-disabled] { text-decoration: none; color: var(--muted); background: var(--raised); border-color: var(--edge); border-style: dashed; cursor: not-allowed; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .control { position: relative; display: inline-flex; }
  .why { position: absolute; z-index: 5; inset-block-start: calc(100% + .375rem); inset-inline-start: 0; width: max-content; max-width: min(18rem, 80vw); padding: .375rem .625rem; border-radius: var(--radius); background: var(--text); color: var(--surface); font-size: .8125rem; font-weight: 400; text-align: start; display: none; }
  .row.end .why, .row.apart > :last-child .why, td .why { inset-inline: auto 0; }
  .control:hover .why, .control:focus-within .why { display: block; }
  @container (max-width: 40rem) {
    .control { position: static; }
    .why, .row.end .why, .row.apart > :last-child .why, td .why { inset-block-start: auto; inset-inline: .5rem; width: auto; margin-block-start: 2.5rem; max-width: none; }
  }

  label, .label { font-weight: 600; display: block; }
  label small, .label small { font-weight: 400; }
  label.row { font-weight: 400; color: var(--muted); }
  input.search { flex: 1 1 16rem; width: auto; max-width: 28rem; }
  .field { display: grid; gap: .25rem; }
  input, select, textarea { font: inherit; font-weight: 400; color: inherit; background: var(--surface); border: 1px solid var(--field); border-radius: var(--radius); padding: .4375rem .625rem; min-height: 2.25rem; width: 100%; min-width: 0; }
  input[type=checkbox], input[type=radio] { width: 1.125rem; height: 1.125rem; min-height: 0; accent-color: var(--accent); flex: none; margin: 0; }
  .check { display: flex; gap: .5rem; align-items: center; font-weight: 400; }
  input[aria-invalid=true] { border-color: var(--bad); }
  select { padding-inline-end: .25rem; }
  select.inline, input.inline { width: auto; max-width: 100%; }
  code, .code { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere; }
  meter { width: 100%; height: .75rem; }

  .scroll { overflow-x: auto; border: 1px solid var(--edge); border-radius: var(--radius); }
  table { border-collapse: collapse; width: 100%; }
  caption { text-align: start; }
  th, td { text-align: start; padding: .5rem .75rem; border-block-end: 1px solid var(--edge); vertical-align: middle; }
  th { font-size: .8125rem; color: var(--muted); font-weight: 600; white-space: nowrap; }
  tbody tr:last-child > * { border-block-end: 0; }
  th[scope=row] { font-size: inherit; color: inherit; white-space: normal; font-weight: 550; }
  th[scope=row] small { font-weight: 400; }
  th button { font-size: inherit; color: inherit; border: 0; background: none; padding: 0 .25rem; min-height: 1.5rem; }
  td.end, th.end { text-align: end; }
  td.date { white-space: nowrap; }
  td.amount, th.amount { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
  @container (max-width: 40rem) {
    table.stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    table.stacks tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .375rem .5rem; padding: .625rem .75rem; border-block-end: 1px solid var(--edge); }
    table.stacks td, table.stacks th { display: flex; gap: .5rem; border: 0; padding: 0; align-items: center; flex-wrap: wrap; white-space: normal; }
    table.stacks td[data-label]::before { content: attr(data-label); color: var(--muted); font-size: .8125rem; }
    table.stacks td:empty { display: none; }
    table.stacks td.end { justify-content: flex-end; }
    table.stacks tr:has(> .pick) { grid-template-columns: auto minmax(0, 1fr) auto; }
    table.stacks .pick, table.stacks th[scope=row], table.stacks td.end { grid-row: 1; }
    table.stacks td.end { grid-column: -2; }
    table.stacks tr:has(> .pick) > :not(.pick, .end, [scope=row]) { grid-column: 2 / -1; }
    table.stacks .wide { grid-column: 1 / -1; }
  }

  .badge { display: inline-block; border-radius: 1rem; padding: .0625rem .5rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; background: var(--raised); color: var(--text); border: 1px solid transparent; }
  .badge[data-color=green] { background: light-dark(#dcf5e5, #12391f); color: light-dark(#0f5c2e, #9be7b5); }
  .badge[data-color=indigo] { background: light-dark(#e5e7fe, #272a5c); color: light-dark(#3730a3, #c3c8ff); }
  .badge[data-color=amber] { background: light-dark(#fdf0c9, #43330a); color: light-dark(#7a4a00, #fcd980); }
  .badge[data-color=violet] { background: light-dark(#f0e6fe, #3a2459); color: light-dark(#6127a8, #dcc2ff); }
  .badge[data-color=red] { background: light-dark(#fde4e1, #4a1d19); color: light-dark(#9c1c14, #ffbdb5); }
  .badge[data-color=blue] { background: light-dark(#def0fe, #12344e); color: light-dark(#0b5487, #a3d5fb); }
  @media (forced-colors: active) { .badge { border-color: currentColor; } }

  dialog { color: inherit; background: var(--surface); border: 1px solid var(--edge); border-radius: calc(var(--radius) * 1.5); padding: 0; width: min(32rem, calc(100vw - 2rem)); max-height: calc(100dvh - 2rem); }
  dialog::backdrop { background: #0007; }
  dialog > form, dialog > .stack { display: grid; gap: 1rem; padding: 1.25rem; }
  .menu { display: inline-flex; }
  [popover] { position: fixed; margin: 0; color: inherit; background: var(--surface); border: 1px solid var(--edge); border-radius: var(--radius); padding: .25rem; min-width: 12rem; max-width: min(22rem, calc(100vw - 1rem)); box-shadow: 0 .5rem 1.5rem #0003; }
  [role=menuitem] { display: grid; width: 100%; text-align: start; justify-content: stretch; justify-items: start; gap: 0; border: 0; background: none; font-weight: 400; border-radius: calc(var(--radius) - .125rem); }
  [role=menuitem]:hover, [role=menuitem]:focus { background: var(--raised); }
  [role=menuitem][aria-disabled] { color: var(--muted); background: none; }
  [role=menuitem] small { max-width: 19rem; }

  .told { position: fixed; z-index: 20; inset-block-end: 1rem; inset-inline: 1rem; margin-inline: auto; width: fit-content; max-width: calc(100vw - 2rem); display: flex; gap: .5rem; align-items: center; padding: .25rem .25rem .25rem 1rem; border-radius: var(--radius); background: var(--text); color: var(--surface); visibility: hidden; }
  .told[data-shown] { visibility: visible; }
  .told button { background: none; border-color: transparent; color: inherit; }
  .told button:hover { background: #8884; }
  .told :focus-visible { outline-color: currentColor; outline-offset: -3px; }
  .spinner { width: 1em; height: 1em; border: 2px solid currentColor; border-inline-end-color: transparent; border-radius: 50%; animation: turn 1s linear infinite; }
  @keyframes turn { to { transform: rotate(1turn); } }
  @media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 6s; } }
`;
