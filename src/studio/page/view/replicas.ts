/**
 * Replicas: a tuner with many of them. Where it stands, what its two sides read, who owned it, and every replica with its role and how it
 * follows. A thousand are a map and a page at a time.
 */
import "../style/replicas.css"
import {
  MOST_STAGES,
  type ReplicaRow,
  type TunerEntry,
  type TunerPage,
  type TunerStage,
} from "../../protocol/tunerProtocol.ts"
import { replicaMap } from "../chart/replicaMap.ts"
import { sidesChart } from "../chart/sidesChart.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { capital, counted, figure, grouped, isolated, span, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { go, route } from "../core/route.ts"
import { choice, type Choices, pager } from "../parts/listTools.ts"
import { tilesOf } from "../parts/tiles.ts"
import { ownersCard } from "./replicaOwners.ts"
import type { View } from "./View.ts"

const EVERY_MS = 1000
const PAGE = 50

const STATES: Choices = [
  ["", "Any state"],
  ["following", "Following"],
  ["behind", "Behind"],
  ["silent", "Silent"],
  ["refusing", "Refusing"],
]
const SORTS: Choices = [
  ["state", "What is wrong first"],
  ["lag", "Longest unheard first"],
  ["name", "By name"],
]
const TONES: Readonly<Record<ReplicaRow["state"], string>> = {
  following: "live",
  behind: "safe",
  silent: "trip",
  refusing: "trip",
}
const DESIGNS: Readonly<Record<string, string>> = {
  together: "all in turns",
  split: "two halves",
  cross: "halves that swap",
}

export function replicasView(model: Model): View {
  const scope = new Scope()
  const element = h("div", { class: "replicas" })
  let inner = new Scope()
  scope.add(() => inner.close())
  let shown: string | undefined
  scope.watch([model.session, route], () => {
    const tuners = model.session.value?.tuners ?? []
    const entry = tuners.find(({ id }) => id === route.value.query.get("tuner")) ?? tuners.at(0)
    if (entry === undefined || entry.id === shown) return
    shown = entry.id
    inner.close()
    inner = new Scope()
    fill(element, ...cards(inner, entry, tuners))
  })
  return { title: "Replicas", element, close: scope.close }
}

function cards(
  scope: Scope,
  entry: TunerEntry,
  tuners: ReadonlyArray<TunerEntry>,
): ReadonlyArray<HTMLElement> {
  const page = new Cell<TunerPage | null>(null)
  const problem = h("p", { class: "error", role: "alert", hidden: true })
  const offset = new Cell(0)
  const list = replicaList(scope, page, offset, () => ask())
  const ask = poll(scope, EVERY_MS, async (signal) => {
    try {
      const query = { tuner: entry.id, ...list.query(), offset: offset.value, limit: PAGE }
      const now = await api.tuner(query, signal)
      if (signal.aborted) return
      // Replicas leave: a page behind the last is no page.
      if (now.replicas.length === 0 && now.total > 0) offset.set(Math.floor((now.total - 1) / PAGE) * PAGE)
      problem.hidden = true
      page.set(now)
    } catch (error) {
      if (signal.aborted) return
      problem.hidden = false
      say(problem, told(error))
    }
  })
  return [
    head(scope, entry, tuners, page, problem),
    sides(scope, page),
    ownersCard(scope, page),
    list.element,
  ]
}

function head(
  scope: Scope,
  entry: TunerEntry,
  tuners: ReadonlyArray<TunerEntry>,
  page: Cell<TunerPage | null>,
  problem: HTMLElement,
): HTMLElement {
  const state = h("span", { class: "tag" })
  const tiles = tilesOf(["Replicas", "Confirmed", "Cycles", "Stages expired", "Pairs", "Epoch"])
  const base = h("p", { class: "base" })
  const names = tuners.map(({ id, name }) => [id, name] as const)
  const select = choice("Tuner", names, () => go("replicas", { tuner: select.value }))
  select.value = entry.id
  select.hidden = tuners.length < 2
  const note = h("p", { class: "small soft" })
  scope.watch([page], () => {
    if (page.value === null) return
    const { status, counts, map } = page.value
    say(state, status.safeMode === null ? words(status.state) : `SafeMode: ${words(status.safeMode)}`)
    mark(state, "data-tone", status.safeMode === null ? "live" : "safe")
    const design = DESIGNS[status.design] ?? status.design
    tiles.update([
      grouped(map.length),
      grouped(counts.following),
      grouped(status.cycles),
      grouped(status.expiries),
      design,
      grouped(status.epoch),
    ])
    const values = Object.entries(status.base)
    fill(base, ...values.map(([name, value]) => h("span", { class: "tag" }, `${name} ${figure(value)}`)))
    const text = noteOf(page.value)
    note.hidden = text === ""
    say(note, text)
  })
  return h(
    "section",
    { class: "card wide", "aria-label": `Tuner ${entry.name}` },
    h("header", {}, h("h2", {}, isolated(entry.name)), state, select),
    problem,
    tiles.element,
    base,
    note,
  )
}

/** What else is to be known, in sentences. */
function noteOf({ status }: TunerPage): string {
  const { interferes, comparison, canary } = status
  return [
    stillOf(status),
    interferes ? "Replicas interfere, so pairs are tried on all of them in turns." : "",
    comparison === null
      ? ""
      : `The base against the baseline: ${words(comparison.verdict)} after ${counted(comparison.turns, "turn")}.`,
    canary === null
      ? ""
      : canary.end === null
        ? `A candidate is on its canaries: ${counted(canary.turns, "turn")}, evidence ${figure(canary.worse)} that it is worse and ${figure(canary.sound)} that it is not; 100 decides.`
        : `The last candidate: ${words(canary.end)}.`,
  ]
    .filter((sentence) => sentence !== "")
    .join(" ")
}

/** A pause that is told. A shorter one is the pace of any tuner. */
const LONG_PAUSE_MS = 2000

/** Why it stands still, and what ends that; "": it does not. */
function stillOf({ waitsFor, movesInMs }: TunerPage["status"]): string {
  const left = movesInMs === null ? "" : span(movesInMs * 1000)
  switch (waitsFor) {
    case null:
      return movesInMs === null || movesInMs < LONG_PAUSE_MS ? "" : `Its guardrails let it move in ${left}.`
    case "start":
      return "It does not run."
    case "resume":
      return "A person has paused it, until somebody resumes it."
    case "manualReset":
      return "SafeMode is open until a person resets it."
    case "auditDrained":
      return "SafeMode is open until the sinks take records again."
    case "timer":
    case "objectiveRecovery":
      return left === ""
        ? "SafeMode closes with the next readings."
        : `SafeMode closes by itself, in ${left} at the earliest.`
  }
}

function sides(scope: Scope, page: Cell<TunerPage | null>): HTMLElement {
  const chart = sidesChart()
  let stages: ReadonlyArray<TunerStage> = []
  scope.watch([page], () => {
    if (page.value === null) return
    const known = new Set(stages.map(({ epoch, seq }) => `${epoch} ${seq}`))
    const fresh = page.value.stages.filter(({ epoch, seq }) => !known.has(`${epoch} ${seq}`))
    stages = [...stages, ...fresh].slice(-MOST_STAGES)
    chart.update(stages)
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Sides" },
    h("header", {}, h("h2", {}, "Sides"), h("span", { class: "small soft" }, "loss, lower is better")),
    chart.element,
  )
}

function replicaList(scope: Scope, page: Cell<TunerPage | null>, offset: Cell<number>, ask: () => void) {
  const map = replicaMap()
  const again = (): void => {
    offset.set(0)
    ask()
  }
  const turn = (pages: number): void => {
    offset.set(Math.max(0, offset.value + pages * PAGE))
    ask()
  }
  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Name, zone, version",
    "aria-label": "Search replicas",
    input: again,
  })
  const state = choice("State", STATES, again)
  const sort = choice("Order", SORTS, again)
  const pages = pager("replica", turn)
  const rows = h("ul", { class: "engines" })
  const nothing = h("p", { class: "empty small" })
  const show = keyed<ReplicaRow>(rows, ({ replica, boot }) => `${replica}\0${boot}`, replicaRow)
  scope.watch([page], () => {
    const { value } = page
    if (value === null) return
    map.update(value.map)
    show(value.replicas)
    nothing.hidden = value.total > 0
    say(nothing, value.map === "" ? "No replica has reported yet." : "No replica matches.")
    pages.show({ offset: value.offset, shown: value.replicas.length, total: value.total })
  })
  const element = h(
    "section",
    { class: "card wide", "aria-label": "Replicas" },
    h(
      "header",
      {},
      h("h2", {}, "Replicas"),
      h("span", { class: "small soft" }, "weight: share of its side's mean in the last stage"),
    ),
    map.element,
    h("div", { class: "search-row" }, search, state, sort),
    pages.element,
    rows,
    nothing,
  )
  return {
    element,
    query: () => ({ search: search.value.trim(), state: state.value, sort: sort.value }),
  }
}

function replicaRow({ replica, zone, version }: ReplicaRow) {
  const state = h("span", { class: "tag" })
  const role = h("span", { class: "small soft goal" })
  const weight = h("span", { class: "small soft weight" })
  const lag = h("span", { class: "small faint run" })
  const labels = [zone, version].filter((label) => label !== "")
  const element = h(
    "li",
    {},
    h(
      "div",
      { class: "engine" },
      h("span", { class: "name", title: replica }, isolated(replica)),
      state,
      role,
      h("span", { class: "tags" }, ...labels.map((label) => h("span", { class: "tag" }, isolated(label)))),
      weight,
      lag,
    ),
  )
  return {
    element,
    update: (now: ReplicaRow) => {
      say(state, now.state)
      mark(state, "data-tone", TONES[now.state])
      const [epoch, generation] = now.confirmed
      const stands =
        now.refused === "older" && now.seen !== null
          ? `knows the newer ${now.seen.join(".")}`
          : epoch === 0 && generation === 0
            ? "confirmed nothing yet"
            : `at ${epoch}.${generation}`
      const why = now.refused === null || now.state !== "refusing" ? "" : `, ${words(now.refused)}`
      say(role, capital(`${now.role}, ${stands}${why}`))
      say(weight, weightOf(now))
      say(lag, `heard ${span(now.agoMs * 1000)} ago`)
    },
  }
}

function weightOf({ weight }: ReplicaRow): string {
  if (weight === null) return "did not count"
  return weight === 0 ? "weight 0 %, left out" : `weight ${figure(100 * weight)} %`
}
