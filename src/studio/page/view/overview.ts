/**
 * The first page: what the engine is doing, its objective over time, how much of each budget is used, every knob, and what
 * was decided last.
 */
import type { EngineEntry } from "../../protocol/protocol.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { bandOf } from "../chart/band.ts"
import { MARK_LEGEND } from "../chart/marks.ts"
import { followReplay, nowOf } from "../chart/moment.ts"
import { range, RANGES, timeChart } from "../chart/timeChart.ts"
import { Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, figure, isolated, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { linkTo } from "../core/route.ts"
import { gauges } from "../parts/gauges.ts"
import { hero } from "../parts/hero.ts"
import { goalOf, measured, nameOfObjective } from "../parts/heroWords.ts"
import { knobCards } from "../parts/knobCard.ts"
import { recordRow } from "../parts/recordRow.ts"
import { relocationCard } from "../parts/relocationCard.ts"
import { rulesCard } from "../parts/rulesCard.ts"
import { scheduleCard } from "../parts/scheduleCard.ts"
import { vitals } from "../parts/vitals.ts"
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
        hero(model, scope, engine),
        objective(model, scope, engine),
        vitals(model, scope),
        rulesCard(model, scope, engine),
        knobCards(model, scope, engine),
      ),
      h(
        "div",
        { class: "stack" },
        budgets(model, scope),
        relocationCard(model, scope),
        scheduleCard(model, scope),
        actors(model, scope),
        latest(model, scope),
      ),
    ),
    close: scope.close,
  }
}

function objective(model: Model, scope: Scope, engine: EngineEntry): HTMLElement {
  const { value: track } = model.track
  if (track === null) return h("section", { class: "card" })
  const name = nameOfObjective(engine)
  let rows = -1
  let band = bandOf(track)
  const edges = (): typeof band => {
    if (rows !== track.version) [rows, band] = [track.version, bandOf(track)]
    return band
  }
  const chart = timeChart({
    label: `${name} over time, ${goalOf(engine)}`,
    height: OBJECTIVE_HEIGHT,
    track,
    changed: model.track,
    nowUs: () => nowOf(model),
    cursorUs: () => model.replay.value?.atUs.value ?? null,
    figure: (value) => measured(engine, value),
    band: [1, 2],
    lines: [
      {
        name: "tuned",
        values: () => edges().middle,
        color: "--series-1",
        width: 2,
        points: true,
        spans: true,
      },
      { name: "highest", values: () => edges().high, color: "--series-1", spans: true, edge: true },
      { name: "lowest", values: () => edges().low, color: "--series-1", spans: true, edge: true },
      { name: "baseline", values: (of) => of.baseline, color: "--live-line", dots: true },
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
      h("h2", {}, name, " ", h("span", { class: "faint small" }, unitAndGoal(engine))),
      h("div", { class: "segment", role: "group", "aria-label": "Time shown" }, ...buttons),
    ),
    chart.element,
    h(
      "ul",
      { class: "legend small soft", "aria-label": "Marks" },
      h("li", {}, h("span", { class: "swatch band" }), "tuned, mean and range"),
      h(
        "li",
        {},
        h("span", { class: "swatch round", "data-color": "--live-line" }),
        "baseline, visited to compare",
      ),
      ...MARK_LEGEND.map(([sign, name, color]) =>
        h("li", {}, h("span", { class: "sign", "data-color": color, "aria-hidden": "true" }, sign), name),
      ),
      h("li", {}, h("span", { class: "swatch", "data-tone": "safe" }), "SafeMode open"),
      h("li", {}, h("span", { class: "swatch floor" }), "expired window"),
    ),
  )
}

const unitAndGoal = (engine: EngineEntry): string =>
  engine.label.unit === null ? goalOf(engine) : `${isolated(engine.label.unit)}, ${goalOf(engine)}`

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

/** It goes on resting: said once in the headline, and no news here. */
const isRest = ({ kind, reason }: AuditRecord): boolean => kind === "noChange" && reason === "resting"

function latest(model: Model, scope: Scope): HTMLElement {
  const list = h("ol", { class: "log" })
  const show = keyed<AuditRecord>(
    list,
    ({ seq }) => String(seq),
    (record) => ({
      element: recordRow(record, model.engine.value?.knobs ?? []),
      update: () => {},
    }),
  )
  const nothing = h("p", { class: "empty small" }, "No decisions yet.")
  scope.watch([model.records], () => {
    show(model.records.value.filter((record) => !isRest(record)).slice(0, LATEST))
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
