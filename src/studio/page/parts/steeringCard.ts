/** Every way to steer, each saying why it cannot be used when it cannot. */
import type { Scope } from "../core/cell.ts"
import { h, mark } from "../core/dom.ts"
import type { Model } from "../core/Model.ts"
import { icon } from "./icons.ts"
import { hindrance, steer, STEERING } from "./steering.ts"

const offered = (model: Model): boolean => (model.session.value?.capabilities.presets.length ?? 0) > 0

export function steeringCard(model: Model, scope: Scope): HTMLElement {
  const buttons = STEERING.map((one) =>
    h(
      "button",
      { class: "button", "data-kind": one.danger ? "danger" : "", click: () => steer(model, one) },
      one.name,
    ),
  )
  const grid = h("div", { class: "grid" }, ...buttons)
  const note = h("p", { class: "small soft read-only" })
  const card = h(
    "section",
    { class: "card steering", "aria-label": "Steering" },
    h("header", {}, h("h2", {}, "Steering"), h("span", { class: "small faint" }, "every action is audited")),
    grid,
    note,
  )
  scope.watch([model.snapshot, model.session, model.engine, model.connection, model.records], () => {
    buttons.forEach((button, i) => {
      const why = hindrance(model, STEERING[i].action)
      button.disabled = why !== null
      // Where no server of this version changes it in a running engine, there is nothing to press.
      button.hidden = STEERING[i].action === "guardrails" && !offered(model)
      mark(button, "title", why ?? STEERING[i].effect)
    })
    const recorded = model.engine.value?.source === "recorded"
    grid.hidden = recorded
    note.hidden = model.steerable && !recorded
    note.replaceChildren(
      icon("lock"),
      recorded
        ? "This is a recorded run: it cannot be changed."
        : "Read-only: nothing can be changed from here.",
    )
  })
  return card
}
