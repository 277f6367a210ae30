/**
 * How late the analyses of an engine are, a row for each, for engines with the option `schedule`. Shown when the server says so: an
 * engine without has no such card.
 */
import type { EngineSchedule } from "../../../engine/contract/ScheduleState.ts"
import type { Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { figure, grouped, isolated } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { tilesOf } from "./tiles.ts"

type Task = EngineSchedule["tasks"][number]
type Analysis = EngineSchedule["analyses"][number]

/** JSON has no NaN: what is not known is null. */
const ms = (us: number | null): string => (us === null ? "–" : `${figure(us / 1_000)} ms`)

/** Tiles in order: what each is called, and what it shows. */
const TILES: ReadonlyArray<readonly [string, (task: Task | undefined, analysis: Analysis) => string]> = [
  ["Missed", (_, { late, asked }) => `${grouped(late)} of ${grouped(asked)}`],
  ["Starts late, p50", (task) => ms(task?.delayP50Us ?? null)],
  ["Starts late, p99", (task) => ms(task?.delayP99Us ?? null)],
  ["Takes, p99", (task) => ms(task?.runP99Us ?? null)],
  ["Budget", (task) => ms(task?.budgetUs ?? null)],
]

export function scheduleCard(model: Model, scope: Scope): HTMLElement {
  const share = h("span", { class: "tag" })
  const rows = h("ul", { class: "plain" })
  const nothing = h("p", { class: "empty small" }, "Nothing was analysed yet.")
  const show = keyed<Analysis>(
    rows,
    ({ name }) => name,
    ({ name }) => {
      const tiles = tilesOf(TILES.map(([title]) => title))
      return {
        element: h("li", {}, h("h3", {}, isolated(name)), tiles.element),
        update: (analysis) => {
          const task = model.schedule.value?.tasks.find((one) => one.name === name)
          tiles.update(TILES.map(([, text]) => text(task, analysis)))
          mark(tiles.values[0], "data-tone", analysis.late > 0 ? "safe" : null)
        },
      }
    },
  )
  const card = h(
    "section",
    { class: "card schedule", "aria-label": "Analyses between digests" },
    h("header", {}, h("h2", {}, "Analyses between digests"), share),
    rows,
    nothing,
  )
  scope.watch([model.schedule], () => {
    const { value: schedule } = model.schedule
    card.hidden = schedule === null
    if (schedule === null) return
    say(share, `at most ${figure(100 * schedule.utilization)} % of the thread`)
    show(schedule.analyses)
    nothing.hidden = schedule.analyses.length > 0
  })
  return card
}
