/**
 * Growth: a host that grows, as it is and as it came to be. The network with its grafts, the gates of the socket chosen with their numbers,
 * losses with and without, the time of boundaries, the states of each socket, and what commands did. It follows the host, or shows the
 * boundary that is chosen.
 */
import "../style/growth.css"
import {
  BOUNDARY_MS,
  type GateReading,
  type GrowthEntry,
  type GrowthFrame,
  type GrowthOutcome,
  type GrowthRow,
  type GrowthSocket,
} from "../../protocol/growthProtocol.ts"
import { course, networkPicture, stateLanes } from "../chart/growth.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, mark, say } from "../core/dom.ts"
import { figure, grouped, percent, words } from "../core/format.ts"
import { toneOf } from "../core/growthDrawing.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { go, route } from "../core/route.ts"
import type { View } from "./View.ts"

/** A host that runs is read again this often, and one that does not, milliseconds. */
const LIVE_MS = 500
const STILL_MS = 10_000

const GATES: ReadonlyArray<readonly [gate: string, about: string]> = [
  ["G0", "sanity"],
  ["G1", "gradient health"],
  ["G2", "stability"],
  ["G3", "interface"],
  ["G4", "system impact"],
  ["G5", "reset"],
]
const ANSWERS = { pass: ["passes", "live"], hold: ["waits", "safe"], fail: ["fails", "trip"] } as const

export function growthView(model: Model): View {
  const scope = new Scope()
  const growths = model.session.value?.growths ?? []
  const entry = growths.find(({ id }) => id === route.value.query.get("growth")) ?? growths.at(0)
  const element = h("div", { class: "growth" })
  if (entry === undefined) fill(element, h("p", { class: "card empty" }, "No growing host is shown."))
  else fill(element, ...cards(entry, growths, scope))
  return { title: "Growth", element, close: scope.close }
}

function cards(
  entry: GrowthEntry,
  growths: ReadonlyArray<GrowthEntry>,
  scope: Scope,
): ReadonlyArray<HTMLElement> {
  const rows = new Cell<ReadonlyArray<GrowthRow>>([])
  const reports = new Cell<ReadonlyArray<GrowthOutcome>>([])
  const frame = new Cell<GrowthFrame | null>(null)
  const chosen = new Cell<string | null>(null)
  /** The boundary that is shown; null follows the last one. */
  const moment = new Cell<number | null>(null)
  const problem = h("p", { class: "small soft", role: "status" })
  const ask = async (signal: AbortSignal): Promise<void> => {
    try {
      const { rows: more, reports: done } = await api.growth(
        { growth: entry.id, after: rows.value.at(-1)?.epoch ?? 0 },
        signal,
      )
      if (signal.aborted) return
      if (more.length > 0) rows.set([...rows.value, ...more])
      reports.set(done)
      const at = moment.value ?? rows.value.at(-1)?.epoch
      if (at !== undefined && at !== frame.value?.epoch)
        frame.set(await api.growthFrame({ growth: entry.id, at }, signal))
      say(problem, rows.value.length === 0 ? "The first boundary has not come yet." : "")
    } catch (error) {
      if (!signal.aborted) say(problem, told(error))
    }
  }
  const again = poll(scope, entry.source === "live" ? LIVE_MS : STILL_MS, ask)
  const goTo = (epoch: number | null): void => {
    moment.set(epoch)
    again()
  }
  return [
    head(entry, growths, scope, { rows, moment, goTo, problem }),
    networkCard(scope, frame, chosen),
    gatesCard(scope, frame, chosen),
    courseCard(scope, rows, moment, "Held-out loss", LOSSES, null, "What answers, and the host alone."),
    courseCard(
      scope,
      rows,
      moment,
      "Time of a boundary",
      [{ name: "boundary, ms", series: "1", of: ({ boundaryMs }) => boundaryMs }],
      BOUNDARY_MS,
      `Milliseconds; the dashed line is the limit of ${BOUNDARY_MS} ms.`,
    ),
    lanesCard(scope, rows, moment),
    reportsCard(scope, reports),
  ]
}

const LOSSES = [
  { name: "with", series: "1", of: ({ loss }: GrowthRow) => loss },
  { name: "host alone", series: "2", of: ({ hostLoss }: GrowthRow) => hostLoss },
]

interface Moment {
  readonly rows: Cell<ReadonlyArray<GrowthRow>>
  readonly moment: Cell<number | null>
  readonly goTo: (epoch: number | null) => void
  readonly problem: HTMLElement
}

function head(
  entry: GrowthEntry,
  growths: ReadonlyArray<GrowthEntry>,
  scope: Scope,
  { rows, moment, goTo, problem }: Moment,
): HTMLElement {
  const slider = h("input", {
    type: "range",
    min: 1,
    step: 1,
    "aria-label": "Boundary that is shown",
    input: () => goTo(Number(slider.value)),
  })
  const follow = h("button", { class: "button", click: () => goTo(null) }, "Follow")
  const tiles = ["Epoch", "Loss", "Right", "Parameters", "Mode"].map((name) => {
    const value = h("dd", {}, "–")
    return { value, element: h("div", { class: "tile" }, h("dt", { class: "small soft" }, name), value) }
  })
  const notes = h("ul", { class: "small soft" })
  const select = h(
    "select",
    { class: "input", "aria-label": "Growing host" },
    ...growths.map(({ id, name }) => h("option", { value: id, selected: id === entry.id }, name)),
  )
  select.addEventListener("change", () => {
    go("growth", { growth: select.value })
    location.reload()
  })
  scope.watch([rows, moment], () => {
    const { value: all } = rows
    const last = all.at(-1)
    if (last === undefined) return
    const shown = moment.value ?? last.epoch
    mark(slider, "min", String(all[0].epoch))
    mark(slider, "max", String(last.epoch))
    slider.value = String(shown)
    mark(follow, "aria-pressed", String(moment.value === null))
    const row = all.findLast(({ epoch }) => epoch <= shown) ?? last
    const texts = [
      grouped(row.epoch),
      figure(row.loss),
      percent(row.accuracy),
      grouped(row.parameters),
      words(row.mode),
    ]
    tiles.forEach(({ value }, i) => say(value, texts[i]))
    fill(notes, ...row.notes.map((note) => h("li", {}, note)))
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Growing host" },
    h(
      "header",
      {},
      h("h2", {}, growths.length > 1 ? select : entry.name),
      h("span", { class: "tag", "data-tone": entry.source === "live" ? "live" : "accent" }, entry.source),
    ),
    h("dl", { class: "tiles" }, ...tiles.map(({ element }) => element)),
    h("div", { class: "moment-bar" }, slider, follow),
    notes,
    problem,
  )
}

const socketsOf = (frame: GrowthFrame | null): ReadonlyArray<GrowthSocket> =>
  (frame?.stations ?? []).filter((station) => station.kind === "socket")

/** The one that was chosen, else the first in which something happens, else the first. */
function shownSocket(frame: GrowthFrame | null, name: string | null): GrowthSocket | undefined {
  const sockets = socketsOf(frame)
  return (
    sockets.find((one) => one.name === name) ?? sockets.find((one) => one.blueprint !== null) ?? sockets.at(0)
  )
}

function networkCard(
  scope: Scope,
  frame: Cell<GrowthFrame | null>,
  chosen: Cell<string | null>,
): HTMLElement {
  const picture = networkPicture()
  scope.watch([frame, chosen], () => {
    if (frame.value !== null)
      picture.update(frame.value, shownSocket(frame.value, chosen.value)?.name ?? null)
  })
  return card(
    "Network",
    picture.element,
    "From the input down. Widths go by parameters. A graft grows out of its socket; what is filled is part of the output.",
  )
}

function gatesCard(scope: Scope, frame: Cell<GrowthFrame | null>, chosen: Cell<string | null>): HTMLElement {
  const buttons = h("div", { class: "segment", role: "group", "aria-label": "Socket" })
  const about = h("p", {})
  const lights = h("ul", { class: "gates" })
  let names = ""
  scope.watch([frame, chosen], () => {
    const sockets = socketsOf(frame.value)
    const socket = shownSocket(frame.value, chosen.value)
    if (socket === undefined) return
    const found = sockets.map(({ name }) => name)
    if (found.join() !== names) {
      names = found.join()
      fill(
        buttons,
        ...found.map((name) =>
          h(
            "button",
            { class: "button", "data-kind": "quiet", value: name, click: () => chosen.set(name) },
            name,
          ),
        ),
      )
    }
    for (const button of buttons.children)
      mark(button, "aria-pressed", String(button.getAttribute("value") === socket.name))
    const { state, blueprint, paused, lossWith, lossWithout } = socket
    const losses =
      lossWith === null ? "" : ` Loss ${figure(lossWith)} with it, ${figure(lossWithout)} without.`
    const what = blueprint === null ? "Nothing is planted." : `${blueprint} is ${state}.`
    say(about, `${what}${losses}${paused === null ? "" : ` Paused: ${paused}`}`)
    mark(about, "data-tone", toneOf(state))
    fill(lights, ...GATES.map(([gate, name], i) => light(gate, name, socket.gates[i] ?? null)))
  })
  return h(
    "section",
    { class: "card", "aria-label": "Gates" },
    h("header", {}, h("h2", {}, "Gates"), buttons),
    about,
    lights,
  )
}

function light(gate: string, about: string, reading: GateReading | null): HTMLElement {
  const [answer, tone] = reading === null ? ["not asked", null] : ANSWERS[reading.answer]
  const waits =
    reading === null || reading.most === null ? "" : `${reading.waited} of ${reading.most} boundaries`
  return h(
    "li",
    {},
    h(
      "div",
      { class: "gate" },
      h("strong", {}, gate),
      h("span", {}, about),
      h("span", { class: "tag", "data-tone": tone }, answer),
      h("span", { class: "small soft" }, waits),
    ),
    reading === null
      ? null
      : h(
          "dl",
          { class: "fields small" },
          ...reading.findings.flatMap(({ figure: name, value, min, max, answer: found }) => [
            h("dt", { class: "soft" }, words(name)),
            h("dd", { "data-answer": found }, `${figure(value)} ${boundsOf(min, max)}`),
          ]),
        ),
  )
}

function boundsOf(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && min === max) return `(must be ${figure(min)})`
  if (min !== undefined && max !== undefined) return `(${figure(min)} to ${figure(max)})`
  if (min !== undefined) return `(at least ${figure(min)})`
  return max === undefined ? "" : `(at most ${figure(max)})`
}

function courseCard(
  scope: Scope,
  rows: Cell<ReadonlyArray<GrowthRow>>,
  moment: Cell<number | null>,
  name: string,
  lines: Parameters<typeof course>[1],
  bound: number | null,
  about: string,
): HTMLElement {
  const chart = course(name, lines, bound)
  const readout = h("p", { class: "small" })
  scope.watch([rows, moment], () => {
    const shown = moment.value ?? rows.value.at(-1)?.epoch ?? 0
    const row = rows.value.findLast(({ epoch }) => epoch <= shown)
    chart.update(rows.value, shown)
    say(readout, row === undefined ? "" : lines.map((one) => `${one.name} ${figure(one.of(row))}`).join(", "))
  })
  return card(name, chart.element, about, readout)
}

function lanesCard(
  scope: Scope,
  rows: Cell<ReadonlyArray<GrowthRow>>,
  moment: Cell<number | null>,
): HTMLElement {
  const lanes = stateLanes()
  scope.watch([rows, moment], () => lanes.update(rows.value, moment.value ?? rows.value.at(-1)?.epoch ?? 0))
  return card("States", lanes.element, "A lane for each socket, a colour for each stretch of its life.")
}

function reportsCard(scope: Scope, reports: Cell<ReadonlyArray<GrowthOutcome>>): HTMLElement {
  const list = h("ul", { class: "log" })
  scope.watch([reports], () =>
    fill(
      list,
      ...(reports.value.length === 0 ? [h("li", {}, "No command has been measured yet.")] : []),
      ...reports.value
        .toReversed()
        .map(({ from, to, type, outcome, before, after, blueprint, socket, why }) =>
          h(
            "li",
            {},
            h("span", { class: "small soft" }, `${from}–${to}`),
            h("span", { class: "what" }, [type, blueprint, socket].filter((part) => part !== null).join(" ")),
            h(
              "span",
              { class: "line small" },
              `${outcome}: loss ${figure(before)} to ${figure(after)}. ${why}`,
            ),
          ),
        ),
    ),
  )
  return h(
    "section",
    { class: "card", "aria-label": "Reports" },
    h("header", {}, h("h2", {}, "Reports")),
    list,
  )
}

const card = (name: string, image: SVGElement, about: string, more: HTMLElement | null = null): HTMLElement =>
  h(
    "section",
    { class: "card", "aria-label": name },
    h("header", {}, h("h2", {}, name)),
    image,
    more,
    h("p", { class: "small soft" }, about),
  )
