/**
 * The log of what travels between the actors, newest first. It can be held still to be read; what comes meanwhile is counted
 * and shown when it goes on.
 */
import type { MachineEvent } from "../../protocol/protocol.ts"
import { Cell, type Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { clock, counted, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { eventName } from "../statechart/Graph.ts"

const SHOWN = 120
/** What comes with every look at the clock, and tells nothing by itself. */
const ROUTINE: ReadonlyArray<string> = ["tick", "deadline"]

export function eventLog(
  model: Model,
  scope: Scope,
): { readonly header: HTMLElement; readonly element: HTMLElement } {
  const held = new Cell<ReadonlyArray<MachineEvent> | null>(null)
  const list = h("ol", { class: "log" })
  const nothing = h("p", { class: "empty small" })
  const button = h(
    "button",
    { class: "button", "data-kind": "quiet", "aria-pressed": "false", click: () => toggle() },
    "Hold",
  )
  const routine = new Cell(false)
  const check = h("input", { type: "checkbox", change: () => routine.set(check.checked) })
  const wanted = (events: ReadonlyArray<MachineEvent>): ReadonlyArray<MachineEvent> =>
    routine.value ? events : events.filter(({ type }) => !ROUTINE.includes(type))
  const note = h("span", { class: "small faint" })
  const toggle = (): void => held.set(held.value === null ? model.events.value : null)
  const show = keyed<MachineEvent>(
    list,
    (event) => String(event.index),
    (event) => {
      const element = h(
        "li",
        {},
        h("time", { class: "faint" }, clock(event.atUs, 2)),
        h("span", { class: "what" }, eventName(event.type)),
        h("span", { class: "soft small" }, way(event)),
        h("span", { class: "data small mono faint" }, brief(event.data)),
      )
      return { element, update: () => {} }
    },
  )
  scope.watch([model.events, held, routine, model.skipped], () => {
    const events = wanted(held.value ?? model.events.value)
    show(events.slice(0, SHOWN))
    mark(button, "aria-pressed", held.value === null ? "false" : "true")
    say(button, held.value === null ? "Hold" : "Continue")
    const newer = held.value === null ? 0 : newerThan(wanted(model.events.value), held.value[0]?.index ?? 0)
    const skipped = model.skipped.value
    say(
      note,
      newer > 0
        ? `${newer} newer`
        : skipped > 0
          ? `${counted(skipped, "event")} not shown: too many per second`
          : "",
    )
    nothing.hidden = events.length > 0
    list.hidden = events.length === 0
    fill(
      nothing,
      model.replay.value === null
        ? "No events yet. They appear as windows close."
        : "Single events are not recorded. The audit shows the decisions.",
    )
  })
  return {
    header: h(
      "header",
      {},
      h("h2", {}, "Event log"),
      h("div", { class: "tools" }, note, button),
      h("label", { class: "check small soft" }, check, "Ticks and deadlines"),
    ),
    element: h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events, newest first" },
      list,
      nothing,
    ),
  }
}

const newerThan = (events: ReadonlyArray<MachineEvent>, index: number): number => {
  const at = events.findIndex((event) => event.index <= index)
  return at < 0 ? events.length : at
}

const last = (path: string): string => words(path.split("/").at(-1) ?? path)

const way = ({ actor, from }: MachineEvent): string =>
  from === null ? `to ${last(actor)}` : `${last(from)} to ${last(actor)}`

/** What came with it, in one line: plain values, those one level deeper too; times are told beside it. */
function brief(data: Readonly<Record<string, unknown>>): string {
  const tell = (of: object, deeper: boolean): ReadonlyArray<string> =>
    Object.entries(of).flatMap(([name, value]) => {
      if (name.endsWith("Us") || value === null || Array.isArray(value)) return []
      if (typeof value === "object") return deeper ? tell(value as object, false) : []
      return [name === "_tag" ? short(value) : `${name} ${short(value)}`]
    })
  return tell(data, true).join(" · ")
}

export function short(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toPrecision(4)
  if (typeof value === "string") return value
  return JSON.stringify(value) ?? ""
}
