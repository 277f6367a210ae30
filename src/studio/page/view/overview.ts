/**
 * The first page: what the engine is doing, its objective over time, how much of each budget is used, every knob, and what
 * was decided last.
 */
import type { EngineEntry } from "../../protocol/protocol.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { MARK_LEGEND } from "../chart/marks.ts"
import { followReplay, nowOf } from "../chart/moment.ts"
import { range, RANGES, timeChart } from "../chart/timeChart.ts"
import { Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, figure, grouped, isolated, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { linkTo } from "../core/route.ts"
import { gauges } from "../parts/gauges.ts"
import { knobCards } from "../parts/knobCard.ts"
import { recordRow } from "../parts/recordRow.ts"
import { relocationCard } from "../parts/relocationCard.ts"
import { standingNow } from "../parts/standing.ts"
import { steeringCard } from "../parts/steeringCard.ts"
import { standing } from "../statechart/Graph.ts"
import { toneOf } from "./statecharts.ts"
import type { View } from "./View.ts"

const OBJECTIVE_HEIGHT = 260
const LATEST = 40

export function overviewView(model: Model): View {
  const scope = new Scope()
  const engine = model.engine.value
  if (engine === null) return { title: "Overview", element: h("div", {}), close: scope.close }
  return {
    title: "Overview",
    element: h(
      "div",
      { class: "overview" },
      h(
        "div",
        { class: "stack" },
        hero(model, scope),
        objective(model, scope, engine),
        knobCards(model, scope, engine),
      ),
      h(
        "div",
        { class: "stack" },
        budgets(model, scope),
        steeringCard(model, scope),
        relocationCard(model, scope),
        actors(model, scope),
        latest(model, scope),
      ),
    ),
    close: scope.close,
  }
}

const isTrip = ({ kind }: AuditRecord): boolean => kind === "safeModeEntered"

function hero(model: Model, scope: Scope): HTMLElement {
  const word = h("p", { class: "word" })
  const sentence = h("p", { class: "soft" })
  const note = h("p", { class: "note" })
  const tile = (name: string): { readonly element: HTMLElement; readonly value: HTMLElement } => {
    const value = h("dd", {}, "–")
    return { element: h("div", { class: "tile" }, h("dt", { class: "small soft" }, name), value), value }
  }
  const tiles = {
    objective: tile("Objective"),
    generation: tile("Generation"),
    cycles: tile("Cycles"),
    applies: tile("Applies"),
    refused: tile("Refused"),
    rollbacks: tile("Rollbacks"),
    trips: tile("Trips"),
  }
  const card = h(
    "section",
    { class: "card hero", "aria-label": "What the engine is doing" },
    h("div", { class: "says" }, word, sentence, note),
    h("dl", { class: "tiles" }, ...Object.values(tiles).map(({ element }) => element)),
  )
  const { snapshot: shown, connection, lastWindow, track, records, atEnd } = model
  scope.watch([shown, connection, lastWindow, track, records, atEnd], () => {
    const { value: snapshot } = shown
    const now = standingNow(model)
    say(word, now.word)
    say(sentence, now.sentence)
    const opened = snapshot?.safeMode === null ? undefined : model.records.value.find(isTrip)
    note.hidden = opened?.note === undefined
    say(note, opened?.note === undefined ? "" : `“${isolated(opened.note)}”`)
    mark(card, "data-tone", now.tone)
    say(
      tiles.objective.value,
      figure(model.lastWindow.value?.objective ?? model.track.value?.objective.at(-1)),
    )
    if (snapshot === null) return
    const { counters } = snapshot
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((all, one) => all + one, 0)
    say(tiles.generation.value, grouped(snapshot.generation))
    say(tiles.cycles.value, grouped(counters.cycles))
    say(tiles.applies.value, grouped(counters.applies))
    say(tiles.refused.value, grouped(sum(counters.refused)))
    say(tiles.rollbacks.value, grouped(counters.rollbacks))
    say(tiles.trips.value, grouped(sum(counters.trips)))
  })
  return card
}

function objective(model: Model, scope: Scope, engine: EngineEntry): HTMLElement {
  const { value: track } = model.track
  if (track === null) return h("section", { class: "card" })
  const goal = engine.objective === "minimize" ? "lower is better" : "higher is better"
  const chart = timeChart({
    label: `Objective over time, ${goal}`,
    height: OBJECTIVE_HEIGHT,
    track,
    changed: model.track,
    nowUs: () => nowOf(model),
    cursorUs: () => model.replay.value?.atUs.value ?? null,
    lines: [
      { name: "objective", values: (of) => of.objective, color: "--series-1", width: 1.75, points: true },
    ],
  })
  scope.add(chart.close)
  followReplay(model, scope, chart.update)
  const buttons = RANGES.map(({ seconds, name }) =>
    h("button", { class: "button", "data-kind": "quiet", click: () => range.set(seconds) }, name),
  )
  scope.watch([range], () => {
    buttons.forEach((button, i) => mark(button, "aria-pressed", String(RANGES[i].seconds === range.value)))
  })
  return h(
    "section",
    { class: "card objective", "aria-label": "Objective over time" },
    h(
      "header",
      {},
      h("h2", {}, "Objective ", h("span", { class: "faint small" }, goal)),
      h("div", { class: "segment", role: "group", "aria-label": "Time shown" }, ...buttons),
    ),
    chart.element,
    h(
      "ul",
      { class: "legend small soft", "aria-label": "Marks" },
      ...MARK_LEGEND.map(([sign, name, color]) =>
        h("li", {}, h("span", { class: "sign", "data-color": color, "aria-hidden": "true" }, sign), name),
      ),
      h("li", {}, h("span", { class: "swatch", "data-tone": "safe" }), "SafeMode open"),
      h("li", {}, h("span", { class: "swatch floor" }), "window ran out"),
    ),
  )
}

function budgets(model: Model, scope: Scope): HTMLElement {
  const { element, update } = gauges()
  const preset = h("span", { class: "tag" })
  const note = h("p", { class: "small soft" })
  scope.watch([model.budgets, model.engine, model.snapshot], () => {
    update(model.budgets.value)
    // What is in force now, or at the moment of a recording; a run without states has what it began with.
    const { guardrails } = model.snapshot.value ?? {}
    say(preset, (guardrails === undefined ? model.engine.value : guardrails)?.preset ?? "own numbers")
    const until = model.budgets.value?.cooldownUntilUs ?? null
    const step = model.budgets.value?.maxStep
    note.hidden = model.budgets.value === null
    say(
      note,
      until === null
        ? `One apply moves a knob at most ${figure((step ?? 0) * 100)} % of its range.`
        : `Cooling down: nothing is proposed until ${clock(until)}.`,
    )
  })
  return h(
    "section",
    { class: "card budgets", "aria-label": "Guardrail budgets" },
    h("header", {}, h("h2", {}, "Guardrail budgets"), preset),
    element,
    note,
  )
}

function actors(model: Model, scope: Scope): HTMLElement {
  const list = h("ul", { class: "actors" })
  const show = keyed<NonNullable<typeof model.states.value>["actors"][number]>(
    list,
    ({ path }) => path,
    ({ path, machine }) => {
      const where = h("span", { class: "where" })
      const name = capital(words(path.split("/").at(-1) ?? path))
      const inner = [h("span", { class: "name" }, name), where]
      return {
        element: h(
          "li",
          {},
          machine === null
            ? h("span", { class: "actor" }, ...inner)
            : h("a", { class: "actor", href: linkTo("statecharts", { actor: path }) }, ...inner),
        ),
        update: (now) => {
          const graph = now.machine === null ? undefined : model.machines.value.get(now.machine)
          say(where, (graph === undefined ? "" : standing(graph, now.active)) || words(now.status))
          mark(where, "data-tone", toneOf(now))
        },
      }
    },
  )
  const nothing = h("p", { class: "empty small" }, "The actors' states are not known yet.")
  scope.watch([model.states, model.machines], () => {
    const { value: states } = model.states
    show(states?.actors ?? [])
    nothing.hidden = states !== null
  })
  return h(
    "section",
    { class: "card", "aria-label": "Actors" },
    h("header", {}, h("h2", {}, "Actors"), h("a", { href: linkTo("statecharts") }, "Statecharts")),
    list,
    nothing,
  )
}

function latest(model: Model, scope: Scope): HTMLElement {
  const list = h("ol", { class: "log" })
  const show = keyed<AuditRecord>(
    list,
    ({ seq }) => String(seq),
    (record) => ({
      element: recordRow(record),
      update: () => {},
    }),
  )
  const nothing = h("p", { class: "empty small" }, "No decisions yet.")
  scope.watch([model.records], () => {
    show(model.records.value.slice(0, LATEST))
    nothing.hidden = model.records.value.length > 0
  })
  return h(
    "section",
    { class: "card latest", "aria-label": "Latest decisions" },
    h("header", {}, h("h2", {}, "Decisions"), h("a", { href: linkTo("audit") }, "Search the audit")),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Decisions, newest first" },
      list,
      nothing,
    ),
  )
}
