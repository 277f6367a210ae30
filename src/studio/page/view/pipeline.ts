/**
 * Pipeline: a new implementation that earns its place in a running service. Calls as a river that splits by share, the duels that come, their
 * evidence on its way to a threshold, and where two answers differ.
 */
import "../style/pipeline.css"
import {
  PIPELINE_CHANNELS,
  type PipelineChannelName,
  type PipelineDisagreement,
  type PipelineEntry,
  type PipelinePage,
  type PipelinePiece,
  type PipelineRow,
} from "../../protocol/pipelineProtocol.ts"
import { evalues } from "../chart/evalues.ts"
import { type DiffLine, lineDiff } from "../chart/lineDiff.ts"
import { riverCourse, riverNow } from "../chart/river.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, mark, say } from "../core/dom.ts"
import { figure, grouped, isolated, percent } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { go, route } from "../core/route.ts"
import { choice } from "../parts/listTools.ts"
import { segment } from "../parts/segment.ts"
import { tilesOf } from "../parts/tiles.ts"
import type { View } from "./View.ts"

const LIVE_MS = 1000
const STILL_MS = 10_000
const MOST_ROWS = 4000
const MOST_NOTES = 60

const TONES: Readonly<Partial<Record<PipelinePiece["state"], string>>> = {
  fossilized: "live",
  probationary: "safe",
  culled: "trip",
  embargoed: "trip",
  resetting: "trip",
  dormant: "",
}
const GATES = { pass: "passed", hold: "waits", fail: "failed" } as const
const CHANNELS: Readonly<Record<PipelineChannelName, string>> = {
  latency: "time to the answer",
  errors: "errors",
  end: "time to the end",
  cost: "cost",
}

export function pipelineView(model: Model): View {
  const scope = new Scope()
  const element = h("div", { class: "pipeline" })
  let inner = new Scope()
  let shown: string | undefined
  scope.add(() => inner.close())
  scope.watch([model.session, route], () => {
    const all = model.session.value?.pipelines ?? []
    const entry = all.find(({ id }) => id === route.value.query.get("pipeline")) ?? all.at(0)
    if (entry === undefined || entry.id === shown) return
    shown = entry.id
    inner.close()
    inner = new Scope()
    fill(element, ...cards(inner, entry, all))
  })
  return { title: "Pipeline", element, close: scope.close }
}

function cards(
  scope: Scope,
  entry: PipelineEntry,
  all: ReadonlyArray<PipelineEntry>,
): ReadonlyArray<HTMLElement> {
  const rows = new Cell<ReadonlyArray<PipelineRow>>([])
  const page = new Cell<PipelinePage | null>(null)
  const chosen = new Cell<string | null>(null)
  const problem = h("p", { class: "error", role: "alert", hidden: true })
  poll(scope, entry.source === "live" ? LIVE_MS : STILL_MS, async (signal) => {
    try {
      const after = rows.value.at(-1)?.boundary ?? -1
      const now = await api.pipeline({ pipeline: entry.id, after }, signal)
      if (signal.aborted) return
      problem.hidden = true
      if (now.rows.length > 0) rows.set([...rows.value, ...now.rows].slice(-MOST_ROWS))
      page.set(now)
    } catch (error) {
      if (signal.aborted) return
      problem.hidden = false
      say(problem, told(error))
    }
  })
  /** The piece that was chosen, else the first on trial, else the first. */
  const piece = (): PipelinePiece | undefined => {
    const pieces = page.value?.pieces ?? []
    return (
      pieces.find(({ name }) => name === chosen.value) ??
      pieces.find(({ candidate }) => candidate !== null) ??
      pieces.at(0)
    )
  }
  const watch = (work: (piece: PipelinePiece, page: PipelinePage) => void): void =>
    scope.watch([page, chosen], () => {
      const one = piece()
      if (one !== undefined && page.value !== null) work(one, page.value)
    })
  return [
    head(entry, all, problem, chosen, watch),
    evidence(rows, watch),
    channels(watch),
    happened(rows, watch),
    disagreements(entry, watch),
  ]
}

type Watch = (work: (piece: PipelinePiece, page: PipelinePage) => void) => void

const card = (
  name: string,
  look: string,
  about: string,
  ...content: ReadonlyArray<HTMLElement>
): HTMLElement =>
  h(
    "section",
    { class: `card ${look}`, "aria-label": name },
    h("header", {}, h("h2", {}, name), about === "" ? null : h("span", { class: "small soft" }, about)),
    ...content,
  )

function head(
  entry: PipelineEntry,
  all: ReadonlyArray<PipelineEntry>,
  problem: HTMLElement,
  chosen: Cell<string | null>,
  watch: Watch,
): HTMLElement {
  const state = h("span", { class: "tag" })
  const buttons = segment("Piece", (name) => chosen.set(name))
  const select = choice(
    "Service",
    all.map(({ id, name }) => [id, name] as const),
    () => go("pipeline", { pipeline: select.value }),
  )
  select.value = entry.id
  select.hidden = all.length < 2
  const story = h("p", { class: "story" })
  const whole = h("p", { class: "error", role: "status", hidden: true })
  const tiles = tilesOf(["Calls in this state", "Pairs", "Mirrored", "Agree", "Share"])
  const now = riverNow()
  watch((piece, { pieces, problem: wrong }) => {
    whole.hidden = wrong === null
    say(whole, isolated(wrong ?? ""))
    const names = pieces.map(({ name }) => name)
    buttons.update(names, piece.name)
    say(state, `${piece.name}: ${piece.state}`)
    mark(state, "data-tone", TONES[piece.state] ?? "accent")
    say(story, isolated(piece.story))
    tiles.update([
      grouped(piece.calls),
      figure(piece.pairs),
      grouped(piece.mirrored),
      piece.compared === 0 ? "–" : percent(piece.agreement),
      percent(piece.share),
    ])
    now.update(piece)
  })
  return h(
    "section",
    { class: "card wide", "aria-label": `Service ${entry.name}` },
    h("header", {}, h("h2", {}, isolated(entry.name)), state, buttons.element, select),
    problem,
    whole,
    story,
    now.element,
    tiles.element,
  )
}

function evidence(rows: Cell<ReadonlyArray<PipelineRow>>, watch: Watch): HTMLElement {
  const course = riverCourse()
  const worse = evalues(
    "Evidence that it is worse",
    PIPELINE_CHANNELS.map((channel, i) => ({
      name: CHANNELS[channel],
      series: String(i + 1),
      of: ({ worse: found }) => found[channel],
    })),
    "trip",
  )
  const within = evalues(
    "Evidence that it is within every margin",
    [{ name: "the least of all", series: "1", of: (place) => place.within }],
    "live",
  )
  watch(({ name }, { fail, pass }) => {
    course.update(rows.value, name)
    worse.update(rows.value, name, fail)
    within.update(rows.value, name, pass)
  })
  return card(
    "From window to window",
    "wide",
    "the candidate's share, the duels that came, and their evidence",
    course.element,
    h(
      "ul",
      { class: "river-key small soft" },
      h("li", { "data-arm": "incumbent" }, "answered by the incumbent"),
      h("li", { "data-arm": "candidate" }, "answered by the candidate"),
      h("li", { "data-arm": "mirror" }, "mirrored to it"),
      h("li", { "data-arm": "duels" }, "pairs that duelled"),
    ),
    h("div", { class: "two" }, worse.element, within.element),
  )
}

function channels(watch: Watch): HTMLElement {
  const list = h("ul", { class: "channels" })
  const gate = h("div", {})
  watch((piece) => {
    fill(
      list,
      ...(piece.channels.length === 0
        ? [h("li", { class: "soft" }, "No pair has duelled in this state yet.")]
        : []),
      ...piece.channels.map(({ channel, pairs, worse, within, text }) =>
        h(
          "li",
          {},
          h("strong", {}, CHANNELS[channel]),
          h("span", {}, text),
          h(
            "span",
            { class: "small soft" },
            `${grouped(pairs)} pairs, worse ${figure(worse)}, within ${figure(within)}`,
          ),
        ),
      ),
    )
    const lines = [...(piece.gate?.lines ?? []), ...piece.problems]
    fill(
      gate,
      piece.gate === null ? null : h("h3", {}, `${piece.gate.name} ${GATES[piece.gate.answer]}`),
      h("ul", { class: "waits small" }, ...lines.map((line) => h("li", {}, isolated(line)))),
    )
  })
  return card("Channels and gate", "", "", list, gate)
}

function disagreements(entry: PipelineEntry, watch: Watch): HTMLElement {
  const list = h("div", { class: "differ" })
  const nothing =
    entry.source === "live"
      ? "No two answers have differed."
      : "What callers asked and got is in no record: it is shown only while the service runs."
  let drawn = ""
  watch(({ disagreements: all, incumbent, candidate }) => {
    const wanted = JSON.stringify(all)
    if (wanted === drawn && list.childElementCount > 0) return
    drawn = wanted
    fill(
      list,
      ...(all.length === 0 ? [h("p", { class: "soft" }, nothing)] : []),
      ...all.toReversed().map((one) => sideBySide(one, incumbent, candidate ?? "candidate")),
    )
  })
  return card("Where answers differ", "wide", "the last ones, the newest first", list)
}

function sideBySide(
  { input, incumbent, candidate }: PipelineDisagreement,
  old: string,
  fresh: string,
): HTMLElement {
  const [left, right] = lineDiff(incumbent, candidate)
  const side = (name: string, lines: ReadonlyArray<DiffLine>, tag: "del" | "ins"): HTMLElement =>
    h(
      "div",
      { class: "side" },
      h("h3", {}, isolated(name)),
      h(
        "pre",
        { class: "mono", tabindex: "0" },
        ...lines.map(({ text, common }) => (common ? h("span", {}, `${text}\n`) : h(tag, {}, `${text}\n`))),
      ),
    )
  return h(
    "article",
    {},
    h("p", { class: "small" }, "for ", h("code", { class: "mono" }, isolated(input))),
    h("div", { class: "two" }, side(old, left, "del"), side(fresh, right, "ins")),
  )
}

function happened(rows: Cell<ReadonlyArray<PipelineRow>>, watch: Watch): HTMLElement {
  const list = h("ol", { class: "happened" })
  let drawn = ""
  watch(({ name }) => {
    const notes = rows.value.flatMap(({ boundary, notes: all }) =>
      all.filter(({ piece }) => piece === name).map((note) => ({ boundary, ...note })),
    )
    const wanted = JSON.stringify(notes)
    if (wanted === drawn && list.childElementCount > 0) return
    drawn = wanted
    fill(
      list,
      ...(notes.length === 0 ? [h("li", { class: "soft" }, "Nothing has happened yet.")] : []),
      ...notes
        .slice(-MOST_NOTES)
        .toReversed()
        .map(({ boundary, tone, text }) =>
          h(
            "li",
            { "data-tone": tone },
            h("span", { class: "small faint" }, `window ${grouped(boundary)}`),
            h("span", {}, isolated(text)),
          ),
        ),
    )
  })
  return card("What happened", "", "", list)
}
