import { html } from "hono/html";
import type { SentMessage } from "../logs/sent-log.ts";

/** Number of messages on the page: the latest. */
const MAX_MESSAGES = 1000;

/** Renders the accepted messages as a page with one column per conversation. The latest conversation is first. */
export function chatsPage(sent: readonly SentMessage[]) {
  const chats = Map.groupBy(sent.slice(-MAX_MESSAGES), ({ channel, account, to }) => `${channel}: ${account} to ${to}`);
  const latestFirst = [...chats].sort(([, one], [, two]) => (two.at(-1)?.at ?? "").localeCompare(one.at(-1)?.at ?? ""));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="3" />
        <title>Sandbox: sent messages</title>
        <style>
          body {
            font:
              15px/1.4 system-ui,
              sans-serif;
            margin: 2rem;
            background: #eee8df;
            color: #222;
          }
          main {
            display: flex;
            flex-wrap: wrap;
            gap: 1.5rem;
            align-items: flex-start;
          }
          section {
            width: 22rem;
          }
          h2 {
            font-size: 0.9rem;
            overflow-wrap: anywhere;
          }
          p {
            background: #d9fdd3;
            border-radius: 0.6rem;
            padding: 0.5rem 0.8rem;
            margin: 0.4rem 0;
            white-space: pre-wrap;
            overflow-wrap: anywhere;
          }
          small {
            display: block;
            color: #667;
          }
        </style>
      </head>
      <body>
        <h1>Sent messages</h1>
        <main>
          ${latestFirst.length === 0 ? html`<div>No messages yet</div>` : latestFirst.map(([title, messages]) => chat(title, messages))}
        </main>
      </body>
    </html>`;
}

function chat(title: string, messages: readonly SentMessage[]) {
  return html`<section>
    <h2>${title}</h2>
    ${messages.map(bubble)}
  </section>`;
}

function bubble({ text, type, at, fault, misdelivered }: SentMessage) {
  const notes = [
    at.slice(11, 19),
    type,
    misdelivered && "misdelivered: the number has no plus sign",
    fault && `accepted, but answered with ${fault}`,
  ];
  return html`<p>${text ?? `(${type})`}<small>${notes.filter(Boolean).join(" · ")}</small></p>`;
}
