// The look of the console page, beside that of the elements.

import { css } from "./vendor/lit.js";

export const pageStyles = css`
  :host { min-height: 100dvh; background: var(--surface); }
  .skip { position: absolute; inset-block-start: -4rem; inset-inline-start: 1rem; padding: .5rem 1rem; background: var(--surface); z-index: 30; }
  .skip:focus { inset-block-start: .5rem; }
  header { display: flex; gap: 1rem; justify-content: space-between; align-items: center; padding: .5rem 1rem; border-block-end: 1px solid var(--edge); }
  .body { display: grid; grid-template-columns: 12rem minmax(0, 1fr); align-items: start; max-width: 80rem; margin-inline: auto; }
  .body > main:first-child { grid-column: 1 / -1; }
  nav { padding: 1rem; position: sticky; inset-block-start: 0; }
  nav a { display: block; padding: .375rem .75rem; border-radius: var(--radius); color: inherit; text-decoration: none; }
  nav a:hover { background: var(--raised); }
  nav a[aria-current] { background: var(--raised); font-weight: 650; }
  main { padding: 1.5rem; min-width: 0; }
  main:focus { outline: none; }
  main > * + * { margin-block-start: 1rem; }
  main.alone { max-width: 30rem; margin-inline: auto; padding-block: 4rem; }
  .account { min-width: 0; border-color: transparent; background: none; font-weight: 400; }
  .account bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  #account { width: min(18rem, 90vw); padding: 1rem; }
  seatwise-switcher { flex: none; max-width: 50%; }
  @media (max-width: 48rem) {
    .body { grid-template-columns: minmax(0, 1fr); }
    nav { padding: .5rem 1rem; overflow-x: auto; position: static; border-block-end: 1px solid var(--edge); }
    nav ul { display: flex; gap: .25rem; }
    nav a { white-space: nowrap; }
    main { padding: 1rem; }
  }
`;
