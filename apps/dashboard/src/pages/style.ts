import { html } from "hono/html";

/**
 * The style of the pages, light or dark as the system is set. On a phone they have one column: a table row becomes a block
 * and each cell shows the label of its column from `data-label`.
 */
export const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    --line: light-dark(#d5dde3, #3a444c);
    --soft: light-dark(#f3f6f8, #1f262b);
    --dim: light-dark(#51606b, #a3b1bb);
    --accent: light-dark(#1f6280, #7cc4e4);
    --bad: light-dark(#a3261b, #ff9c8f);
  }
  body {
    margin: 0;
    font:
      1rem/1.5 system-ui,
      sans-serif;
    background: light-dark(#fff, #14191d);
    color: light-dark(#1b2328, #e6ecf0);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    padding: 0.75rem 1rem;
    border-bottom: 1px solid var(--line);
  }
  nav {
    display: flex;
    flex-wrap: wrap;
    gap: 1.25rem;
    flex: 1;
  }
  header span {
    color: var(--dim);
    overflow-wrap: anywhere;
  }
  main {
    max-width: 75rem;
    margin: 0 auto;
    padding: 1rem;
  }
  h1 {
    font-size: 1.4rem;
    margin: 0.25rem 0 1rem;
  }
  a {
    color: var(--accent);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 0.75rem;
    margin: 0 0 1rem;
  }
  form.narrow {
    flex-direction: column;
    align-items: stretch;
    max-width: 22rem;
  }
  label {
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
    color: var(--dim);
    font-size: 0.9rem;
  }
  input,
  select,
  button {
    font: inherit;
    min-height: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    background: var(--soft);
    color: inherit;
    min-width: 0;
    box-sizing: border-box;
  }
  button {
    cursor: pointer;
    white-space: nowrap;
    border-color: var(--accent);
    color: var(--accent);
    font-weight: 600;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: left;
    vertical-align: top;
    padding: 0.5rem 0.75rem 0.5rem 0;
    border-bottom: 1px solid var(--line);
    overflow-wrap: anywhere;
  }
  th {
    white-space: nowrap;
    color: var(--dim);
    font-weight: 600;
    font-size: 0.9rem;
  }
  pre {
    margin: 0.25rem 0;
    padding: 0.5rem;
    background: var(--soft);
    border-radius: 0.4rem;
    font-size: 0.85rem;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  time {
    white-space: nowrap;
  }
  summary {
    cursor: pointer;
  }
  summary,
  .name {
    white-space: nowrap;
  }
  .bad {
    color: var(--bad);
  }
  .dim {
    color: var(--dim);
  }
  @media (max-width: 45rem) {
    thead {
      position: absolute;
      clip-path: inset(50%);
    }
    tr,
    td {
      display: block;
    }
    tr {
      padding: 0.5rem 0;
      border-bottom: 1px solid var(--line);
    }
    td {
      border: 0;
      padding: 0.1rem 0;
    }
    td:empty {
      display: none;
    }
    td::before {
      content: attr(data-label) " ";
      color: var(--dim);
    }
  }
</style>`;
