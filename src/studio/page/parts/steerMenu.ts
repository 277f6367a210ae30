/** Every way to steer behind one button, each with what it does, or why it cannot be used now. */
import { Scope, type Watchable } from "../core/cell.ts"
import { h, say } from "../core/dom.ts"
import type { Model } from "../core/Model.ts"
import { openDialog } from "./dialog.ts"
import { icon } from "./icons.ts"
import { hindrance, steer, STEERING } from "./steering.ts"

/** What may be asked for, wherever it is sent to. */
export interface Offer {
  readonly name: string
  readonly effect: string
  readonly danger: boolean
  /** Null, or why it cannot be done now. */
  readonly hindrance: () => string | null
  readonly run: () => void
}

/** The button, and the list that it opens. */
export const steerButton = (open: () => void): HTMLButtonElement =>
  h("button", { class: "button steer", click: open, "aria-haspopup": "dialog" }, icon("steer"), "Steer")

/** The rare and dangerous things, in words, follow what becomes of the engine while they are looked at. */
export function openSteering(offers: ReadonlyArray<Offer>, cells: ReadonlyArray<Watchable>): void {
  const scope = new Scope()
  const rows = offers.map((one) => {
    const effect = h("span", { class: "small soft" })
    const button = h(
      "button",
      {
        class: "button",
        "data-kind": one.danger ? "danger" : "",
        click: () => {
          dialog.close()
          one.run()
        },
      },
      one.name,
    )
    scope.watch(cells, () => {
      const why = one.hindrance()
      button.disabled = why !== null
      say(effect, why ?? one.effect)
    })
    return h("li", {}, button, effect)
  })
  const dialog = openDialog(
    "Steer",
    "",
    h("p", { class: "small soft" }, "Each asks for a reason and is recorded in the audit."),
    h("ul", { class: "steering" }, ...rows),
    h("div", { class: "buttons" }, h("button", { class: "button", click: () => dialog.close() }, "Close")),
  )
  dialog.element.addEventListener("close", scope.close)
}

/** What may be asked of the engine that is shown. */
export function openEngineSteering(model: Model): void {
  // Where no server of this version changes it in a running engine, there is nothing to press.
  const presets = model.session.value?.capabilities.presets ?? []
  const metaLess = model.snapshot.value?.meta === null
  const offered = STEERING.filter(
    ({ action }) => (action !== "guardrails" || presets.length > 0) && (action !== "stopMeta" || !metaLess),
  )
  openSteering(
    offered.map((one) => ({
      ...one,
      hindrance: () => hindrance(model, one.action),
      run: () => steer(model, one),
    })),
    [model.snapshot, model.session, model.engine, model.connection, model.records],
  )
}
