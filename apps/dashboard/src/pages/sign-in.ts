import { html } from "hono/html";
import { type Html, layout } from "./layout.ts";

/** The page on which a person signs in. `next` is where to go on to; `complaint` says why it was in vain. */
export function signInPage({ next, user, complaint }: { next: string; user?: string; complaint?: string }): Html {
  const autofocus = (wanted: boolean) => (wanted ? html`autofocus` : "");
  return layout({
    title: "Sign in",
    body: html`${complaint === undefined ? "" : html`<p class="bad" role="alert">${complaint}</p>`}
      <form class="narrow" method="post" action="/sign-in">
        <input type="hidden" name="next" value="${next}" />
        <label
          >Name
          <input
            name="user"
            value="${user ?? ""}"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            required
            ${autofocus(user === undefined)}
          />
        </label>
        <label
          >Password
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            ${autofocus(user !== undefined)}
          />
        </label>
        <button>Sign in</button>
      </form>`,
  });
}
