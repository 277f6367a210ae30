/** For whoever comes without the link that has the token: it is sent once, in the body, and becomes a cookie that no script can read. */
import { api, told } from "../core/api.ts"
import { h } from "../core/dom.ts"
import { brandMark } from "./icons.ts"

/** Shown in place of the page until the token was right. */
export function door(opened: () => void): HTMLElement {
  const token = h("input", {
    class: "input",
    type: "password",
    name: "token",
    autocomplete: "current-password",
    required: true,
  })
  const error = h("p", { class: "error", role: "alert" })
  const form = h(
    "form",
    { class: "card dialog", novalidate: true },
    h("div", { class: "brand" }, brandMark(), h("h1", {}, "Arqon studio")),
    h(
      "p",
      { class: "soft" },
      "This studio requires its token. Open the link that was printed at the start, or enter the token here.",
    ),
    h("label", { class: "field" }, "Token", token),
    error,
    h("button", { class: "button", "data-kind": "primary", type: "submit" }, "Open"),
  )
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    api.login(token.value).then(opened, (failure: unknown) => {
      error.textContent = told(failure)
      token.select()
    })
  })
  return h("main", { class: "door" }, form)
}
