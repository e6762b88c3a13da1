import { expect, test } from "vitest";
import { createSandboxApp } from "../app.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");

function sandbox() {
  const app = createSandboxApp({ now: () => NOW, limits: false });
  const send = (text: string, chatId = 5) =>
    app.request("/telegram/botsandbox/sendMessage", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ chat_id: chatId, text }),
    });
  return { app, send };
}

test("`/_sent` lists the accepted messages in order, and DELETE clears it", async () => {
  const { app, send } = sandbox();
  for (const text of ["one", "two", "three"]) await send(text);
  const listed = (await (await app.request("/_sent")).json()) as { text: string }[];
  expect(listed.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(await (await app.request("/_sent?channel=whatsapp")).json()).toEqual([]);
  expect(await (await app.request("/_sent/count")).json()).toEqual({ whatsapp: 0, telegram: 3 });
  await app.request("/_sent", { method: "DELETE" });
  expect(await (await app.request("/_sent")).json()).toEqual([]);
  expect(await (await app.request("/_sent/count")).json()).toEqual({ whatsapp: 0, telegram: 0 });
});

test("the page of chats shows recipient, text and time of each message, and escapes HTML", async () => {
  const { app, send } = sandbox();
  expect(await (await app.request("/chats")).text()).toContain("No messages yet");
  await send("Good morning");
  await send("<script>alert(1)</script>", 6);
  const page = await (await app.request("/chats")).text();
  expect(page).toContain("telegram: sandbox to 5");
  expect(page).toContain("Good morning<small>10:00:00 · text</small>");
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toContain("<script>");
});
