/** How much of a limit is used: dials for the engine, bars for each knob. Every one is a meter to a screen reader. */
import type { Budgets, Gauge } from "../../protocol/protocol.ts"
import { h, keyed, mark, say, svg } from "../core/dom.ts"
import { counted, figure } from "../core/format.ts"

const RADIUS = 34
const LENGTH = Math.PI * RADIUS
/** From this share of a limit on it is worth a look. */
const NEAR = 0.75
/** Rows at most: of more knobs those are shown that have used most of any budget. */
const MOST_ROWS = 12

const shareOf = ({ used, limit }: Gauge): number =>
  limit === null || limit <= 0 ? 0 : Math.min(1, used / limit)

function tone(gauge: Gauge): string {
  if (gauge.limit === null) return "free"
  const share = gauge.limit === 0 ? 1 : gauge.used / gauge.limit
  return share >= 1 ? "full" : share >= NEAR ? "near" : "free"
}

const told = ({ used, limit }: Gauge): string =>
  limit === null ? `${figure(used)}, without a limit` : `${figure(used)} of ${figure(limit)}`

function meter(element: Element, name: string, gauge: Gauge): void {
  mark(element, "aria-valuenow", String(gauge.used))
  mark(element, "aria-valuemax", String(gauge.limit ?? Math.max(1, gauge.used)))
  mark(element, "aria-valuetext", told(gauge))
  mark(element, "aria-label", name)
  mark(element, "data-tone", tone(gauge))
}

interface Meter {
  readonly element: HTMLElement
  readonly update: (gauge: Gauge) => void
}

/** Half a dial with its figure in the middle. */
function dial(name: string): Meter {
  const arc = `M6 42 a${RADIUS} ${RADIUS} 0 0 1 ${2 * RADIUS} 0`
  const value = svg("path", { class: "value", d: arc })
  value.style.strokeDasharray = `${LENGTH}`
  const number = h("span", { class: "number" })
  const limit = h("span", { class: "limit faint" })
  const element = h(
    "div",
    { class: "dial", role: "meter", "aria-valuemin": "0" },
    svg(
      "svg",
      { viewBox: "0 0 80 48", "aria-hidden": "true" },
      svg("path", { class: "ring", d: arc }),
      value,
    ),
    h("div", { class: "figures", "aria-hidden": "true" }, number, limit),
    h("span", { class: "name small soft", "aria-hidden": "true" }, name),
  )
  return {
    element,
    update: (gauge) => {
      meter(element, name, gauge)
      value.style.strokeDashoffset = `${LENGTH * (1 - shareOf(gauge))}`
      say(number, figure(gauge.used))
      say(limit, gauge.limit === null ? "no limit" : `of ${figure(gauge.limit)}`)
    },
  }
}

function bar(name: string): Meter {
  const filled = h("span", { class: "filled" })
  const number = h("span", { class: "number small soft" })
  const element = h(
    "div",
    { class: "bar", role: "meter", "aria-valuemin": "0" },
    h("span", { class: "rail", "aria-hidden": "true" }, filled),
    number,
  )
  number.setAttribute("aria-hidden", "true")
  return {
    element,
    update: (gauge) => {
      meter(element, name, gauge)
      filled.style.transform = `scaleX(${shareOf(gauge)})`
      say(
        number,
        gauge.limit === null ? figure(gauge.used) : `${figure(gauge.used)} / ${figure(gauge.limit)}`,
      )
    },
  }
}

type KnobBudgets = Budgets["knobs"][number]

function mostUsed(knobs: ReadonlyArray<KnobBudgets>): ReadonlyArray<KnobBudgets> {
  if (knobs.length <= MOST_ROWS) return knobs
  const used = ({ turns, range, path }: KnobBudgets): number => Math.max(...[turns, range, path].map(shareOf))
  return knobs.toSorted((a, b) => used(b) - used(a)).slice(0, MOST_ROWS)
}

export interface Gauges {
  readonly element: HTMLElement
  readonly update: (budgets: Budgets | null) => void
}

export function gauges(): Gauges {
  const applies = dial("Applies a second")
  const rollbacks = dial("Rollbacks an hour")
  const regressions = dial("Regressions")
  const rows = h("div", { class: "budget-rows", role: "rowgroup" })
  const table = h(
    "div",
    { class: "budget-table", role: "table", "aria-label": "Budgets of a minute by knob" },
    h(
      "div",
      { class: "budget-head small faint", role: "row" },
      h("span", { role: "columnheader" }, "Knob, a minute"),
      h("span", { role: "columnheader" }, "Turns"),
      h("span", { role: "columnheader" }, "Range"),
      h("span", { role: "columnheader" }, "Path"),
    ),
    rows,
  )
  const others = h("p", { class: "small soft" })
  const waiting = h("p", { class: "empty small" }, "No budgets have been reported yet.")
  const body = h(
    "div",
    { class: "gauges" },
    h("div", { class: "dials" }, applies.element, rollbacks.element, regressions.element),
    table,
    others,
  )
  const show = keyed<KnobBudgets>(
    rows,
    ({ knob }) => knob,
    ({ knob }) => {
      const turns = bar(`Turns of ${knob}`)
      const range = bar(`Range of ${knob}`)
      const path = bar(`Path of ${knob}`)
      const cell = (content: HTMLElement): HTMLElement => h("div", { role: "cell" }, content)
      return {
        element: h(
          "div",
          { class: "budget-row", role: "row" },
          h("span", { class: "knob-name", role: "rowheader" }, knob),
          cell(turns.element),
          cell(range.element),
          cell(path.element),
        ),
        update: (now) => {
          turns.update(now.turns)
          range.update(now.range)
          path.update(now.path)
        },
      }
    },
  )
  return {
    element: h("div", {}, body, waiting),
    update: (budgets) => {
      body.hidden = budgets === null
      waiting.hidden = budgets !== null
      if (budgets === null) return
      applies.update(budgets.applies)
      rollbacks.update(budgets.rollbacksPerHour)
      regressions.update(budgets.regressions)
      const shown = mostUsed(budgets.knobs)
      show(shown)
      others.hidden = shown.length === budgets.knobs.length
      say(others, `The ${shown.length} most used of ${counted(budgets.knobs.length, "knob")}.`)
    },
  }
}
