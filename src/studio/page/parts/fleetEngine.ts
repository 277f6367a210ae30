/**
 * One engine of a fleet: how it stands, its knobs over time since it was opened here, the phase of its cycle, its budgets, its latest
 * decisions, and what may be done to it. It is asked for twice a second while somebody looks; the time line is this page's own.
 */
import type { FleetEngineView } from "../../protocol/fleetProtocol.ts"
import type { FleetEntry } from "../../protocol/protocol.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { nowOf, type TimelineModel } from "../chart/moment.ts"
import { timeChart } from "../chart/timeChart.ts"
import { api, Refusal } from "../core/api.ts"
import { Cell, type Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, figure, grouped, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { linkTo } from "../core/route.ts"
import { Track } from "../core/Track.ts"
import { fleetSteering } from "./fleetSteering.ts"
import { answered, changeOf, STATUS_NAMES, toneOfEngine } from "./fleetWords.ts"
import { gauges } from "./gauges.ts"
import { knobCards } from "./knobCard.ts"
import { phaseChart } from "./phaseChart.ts"
import { recordRow } from "./recordRow.ts"
import { tilesOf } from "./tiles.ts"

const EVERY_MS = 500
const LATEST = 40
const OBJECTIVE_HEIGHT = 180

type Engine = FleetEngineView["engine"]

export function fleetEngine(model: Model, scope: Scope, entry: FleetEntry, key: string): HTMLElement {
  const engine = new Cell<Engine | null>(null)
  const active = new Cell<ReadonlyArray<string>>([])
  const budgets = new Cell<FleetEngineView["budgets"]>(null)
  const records = new Cell<ReadonlyArray<AuditRecord>>([])
  const track = new Track(entry)
  const shown = {
    replay: new Cell(null),
    track: new Cell<Track | null>(track),
    snapshot: new Cell<(Engine & { readonly nowUs: number }) | null>(null),
  }
  const sign = entry.objective === "maximize" ? -1 : 1
  const body = h("div", { class: "fleet-one" })
  let known = 0
  const ask = poll(scope, EVERY_MS, async (signal) => {
    try {
      const seen = await api.fleetEngine({ fleet: entry.id, key, after: known }, signal)
      answered(model)
      const { nowUs } = seen
      engine.set(seen.engine)
      active.set(seen.active)
      budgets.set(seen.budgets)
      shown.snapshot.set({ ...seen.engine, nowUs })
      track.sample(nowUs, seen.engine, seen.engine.loss === null ? null : sign * seen.engine.loss)
      for (const record of seen.records) track.note(record)
      shown.track.touch()
      known = seen.records.at(-1)?.seq ?? known
      if (seen.records.length > 0) {
        records.set([...seen.records.toReversed(), ...records.value].slice(0, LATEST))
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refusal && error.reason === "notFound") fill(body, gone(entry, error.message))
      else model.fail(error)
    }
  })
  fill(
    body,
    h(
      "div",
      { class: "pager" },
      h("a", { href: linkTo("fleet", { fleet: entry.id }) }, `← ${entry.name}`),
      fleetSteering(entry, key, engine, ask),
    ),
    h(
      "div",
      { class: "overview" },
      h(
        "div",
        { class: "stack" },
        hero(scope, key, engine, sign),
        objective(scope, entry, shown, track),
        knobCards(shown, scope, entry),
        phaseChart(model, scope, active),
      ),
      h("div", { class: "stack" }, budgetCard(scope, entry, budgets), latest(scope, entry, records)),
    ),
  )
  return body
}

const gone = (entry: FleetEntry, why: string): HTMLElement =>
  h(
    "section",
    { class: "card empty" },
    h("p", {}, why),
    h("a", { href: linkTo("fleet", { fleet: entry.id }) }, "Back to the list"),
  )

function sentenceOf({ status, safeMode, phase, fault }: Engine): string {
  if (fault !== null) return `Stopped by a defect: ${fault}. It waits on its baseline for a reset.`
  if (safeMode !== null) {
    const until =
      safeMode.deadlineUs === null ? "until somebody resets it" : `until ${clock(safeMode.deadlineUs)}`
    return `SafeMode is open: ${words(safeMode.reason)}. Nothing is proposed ${until}.`
  }
  if (status === "resting") return "No reports: it rests on its base. The next digest wakes it."
  if (status === "passive") return "No reports: only a few numbers are kept. The next digest brings it back."
  return `${capital(words(phase))}.`
}

/** `sign` turns a loss into the objective. */
function hero(scope: Scope, key: string, engine: Cell<Engine | null>, sign: number): HTMLElement {
  const state = h("span", { class: "tag" })
  const sentence = h("p", { class: "soft" })
  const gain = h("p", {})
  const names = ["Generation", "Cycles", "Windows", "Digests", "Applies", "Rollbacks", "Trips"] as const
  const tiles = tilesOf(names)
  const card = h(
    "section",
    { class: "card hero", "aria-label": "What the engine is doing" },
    h("header", {}, h("h2", {}, key), state),
    h("div", { class: "says" }, gain, sentence),
    tiles.element,
  )
  scope.watch([engine], () => {
    const { value: now } = engine
    if (now === null) return
    say(state, now.mode === "safe" ? "SafeMode is open" : STATUS_NAMES[now.status])
    mark(state, "data-tone", toneOfEngine(now))
    mark(card, "data-tone", toneOfEngine(now))
    say(sentence, sentenceOf(now))
    const { loss, firstLoss } = now
    const change = changeOf(now)
    gain.hidden = change === null
    if (change !== null && loss !== null && firstLoss !== null)
      say(gain, `${figure(sign * loss)} instead of ${figure(sign * firstLoss)} in its first cycle: ${change}`)
    const { cycles, windows, digests, applies, rollbacks, trips } = now.counters
    const all = [now.generation, cycles, windows, digests, applies, rollbacks, trips]
    tiles.update(all.map(grouped))
  })
  return card
}

function objective(scope: Scope, entry: FleetEntry, shown: TimelineModel, track: Track): HTMLElement {
  const goal = entry.objective === "minimize" ? "lower is better" : "higher is better"
  const chart = timeChart({
    label: `Objective of the last cycle over time, ${goal}`,
    height: OBJECTIVE_HEIGHT,
    track,
    changed: shown.track,
    nowUs: () => nowOf(shown),
    cursorUs: () => null,
    nothing: "No cycle has been completed yet.",
    lines: [
      {
        name: "objective",
        values: (of) => of.objective,
        color: "--series-1",
        width: 1.75,
        stepped: true,
        // An engine that rests has one reading, and no line.
        points: true,
      },
    ],
  })
  scope.add(chart.close)
  return h(
    "section",
    { class: "card objective", "aria-label": "Objective over time" },
    h("header", {}, h("h2", {}, "Objective of the last cycle ", h("span", { class: "faint small" }, goal))),
    chart.element,
    h("p", { class: "small faint" }, "Since you opened this page: a fleet keeps no history."),
  )
}

function budgetCard(scope: Scope, entry: FleetEntry, budgets: Cell<FleetEngineView["budgets"]>): HTMLElement {
  const { element, update } = gauges()
  const note = h("p", { class: "small soft" })
  scope.watch([budgets], () => {
    const { value } = budgets
    update(value)
    note.hidden = value === null
    if (value === null) return
    say(
      note,
      value.cooldownUntilUs === null
        ? `One apply moves a knob at most ${figure(value.maxStep * 100)} % of its range.`
        : `Cooling down: nothing is proposed until ${clock(value.cooldownUntilUs)}.`,
    )
  })
  return h(
    "section",
    { class: "card budgets", "aria-label": "Guardrail budgets" },
    h(
      "header",
      {},
      h("h2", {}, "Guardrail budgets"),
      h("span", { class: "tag" }, entry.preset ?? "own numbers"),
    ),
    element,
    note,
  )
}

function latest(scope: Scope, entry: FleetEntry, records: Cell<ReadonlyArray<AuditRecord>>): HTMLElement {
  const list = h("ol", { class: "log" })
  const nothing = h("p", { class: "empty small" }, "The audit's memory holds no decision by this engine.")
  const show = keyed<AuditRecord>(
    list,
    ({ seq }) => String(seq),
    (record) => ({
      element: recordRow(record, entry.knobs),
      update: () => {},
    }),
  )
  scope.watch([records], () => {
    show(records.value)
    nothing.hidden = records.value.length > 0
  })
  return h(
    "section",
    { class: "card latest", "aria-label": "Latest decisions" },
    h("header", {}, h("h2", {}, "Decisions")),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Decisions, newest first" },
      list,
      nothing,
    ),
  )
}
