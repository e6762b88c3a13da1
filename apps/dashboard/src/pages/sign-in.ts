import { html } from "hono/html";
import { errorMessage, type Html } from "./html.ts";
import { layout } from "./layout.ts";

/** The sign-in page. `next` is the path to open after the sign-in, `user` the name that a failed attempt sent. */
export function signInPage({ next, user, error }: { next: string; user?: string; error?: string }): Html {
  const autofocus = (isFocused: boolean) => (isFocused ? html`autofocus` : "");
  return layout({
    title: "Sign in",
    body: html`${errorMessage(error)}
      <form class="narrow" method="post" action="/sign-in">
        <input type="hidden" name="next" value="${next}" />
        <label
          >Username
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
