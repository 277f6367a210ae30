/**
 * Growth: a host that grows, as it is and as it came to be. The network with its grafts, losses and states on one time line, the gates of
 * the socket chosen with their numbers, the time of boundaries, what happened, and what commands did. It follows the host, or shows the
 * boundary that is chosen.
 */
import "../style/growth.css"
import {
  BOUNDARY_MS,
  type GrowthEntry,
  type GrowthFrame,
  type GrowthOutcome,
  type GrowthRow,
} from "../../protocol/growthProtocol.ts"
import { course, stateLanes } from "../chart/growthCourse.ts"
import { networkPicture } from "../chart/growthNetwork.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { type Child, fill, h, mark, say } from "../core/dom.ts"
import { figure, grouped, percent, words } from "../core/format.ts"
import type { Tone } from "../core/growthDrawing.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { go, route } from "../core/route.ts"
import { gatesCard, shownSocket, standingOf } from "../parts/growthGates.ts"
import { eventsCard, reportsCard, tellAlerts } from "../parts/growthLog.ts"
import { growthSteering } from "../parts/growthSteering.ts"
import { icon } from "../parts/icons.ts"
import { tilesOf } from "../parts/tiles.ts"
import type { View } from "./View.ts"

/** A host that runs is read again this often, and one that does not, milliseconds. */
const LIVE_MS = 500
const STILL_MS = 10_000

const TONES: ReadonlyArray<readonly [tone: Tone, name: string]> = [
  ["idle", "free"],
  ["growing", "learns"],
  ["joining", "is mixed in"],
  ["proving", "on probation"],
  ["kept", "part of the host"],
  ["leaving", "taken out"],
]

export function growthView(model: Model): View {
  const scope = new Scope()
  const growths = model.session.value?.growths ?? []
  const element = h("div", { class: "growth" })
  let inner = new Scope()
  scope.add(() => inner.close())
  let shown: GrowthEntry | undefined
  scope.watch([route], () => {
    const entry = growths.find(({ id }) => id === route.value.query.get("growth")) ?? growths.at(0)
    if (entry !== undefined && entry === shown) return
    shown = entry
    inner.close()
    inner = new Scope()
    if (entry === undefined) fill(element, nothing())
    else fill(element, ...new Page(entry, growths, inner).cards())
  })
  return { title: "Growth", element, close: scope.close }
}

const nothing = (): HTMLElement =>
  h(
    "section",
    { class: "card empty wide" },
    icon("growth"),
    h("h2", {}, "No growing host is shown"),
    h("code", { class: "mono" }, "arqon grow --studio"),
  )

class Page {
  private readonly rows = new Cell<ReadonlyArray<GrowthRow>>([])
  private readonly reports = new Cell<ReadonlyArray<GrowthOutcome>>([])
  private readonly frame = new Cell<GrowthFrame | null>(null)
  /** The host as it is, whichever boundary is shown. */
  private readonly latest = new Cell<GrowthFrame | null>(null)
  private readonly ended = new Cell(false)
  private readonly socket = new Cell<string | null>(null)
  /** The boundary that is shown; null follows the last one. */
  private readonly moment = new Cell<number | null>(null)
  private readonly problem = h("p", { class: "small soft", role: "status" })
  private readonly entry: GrowthEntry
  private readonly growths: ReadonlyArray<GrowthEntry>
  private readonly scope: Scope
  private readonly again: () => void

  constructor(entry: GrowthEntry, growths: ReadonlyArray<GrowthEntry>, scope: Scope) {
    this.entry = entry
    this.growths = growths
    this.scope = scope
    this.again = poll(scope, entry.source === "live" ? LIVE_MS : STILL_MS, (signal) => this.ask(signal))
  }

  private async ask(signal: AbortSignal): Promise<void> {
    const growth = this.entry.id
    const { rows, frame, latest, moment } = this
    try {
      const known = rows.value.at(-1)?.epoch ?? 0
      const run = await api.growth({ growth, after: known }, signal)
      if (signal.aborted) return
      if (run.rows.length > 0) {
        rows.set([...rows.value, ...run.rows])
        if (known > 0) tellAlerts(run.rows)
      }
      this.reports.set(run.reports)
      this.ended.set(run.ended)
      const last = rows.value.at(-1)?.epoch
      if (last !== undefined && last !== latest.value?.epoch)
        latest.set(await api.growthFrame({ growth, at: last }, signal))
      const at = moment.value ?? last
      if (at !== undefined && at !== frame.value?.epoch)
        frame.set(at === last ? latest.value : await api.growthFrame({ growth, at }, signal))
      say(this.problem, rows.value.length === 0 ? "The first boundary has not come yet." : "")
    } catch (error) {
      if (!signal.aborted) say(this.problem, told(error))
    }
  }

  private goTo(epoch: number | null): void {
    this.moment.set(epoch)
    this.again()
  }

  private get shown(): number {
    return this.moment.value ?? this.rows.value.at(-1)?.epoch ?? 0
  }

  cards(): ReadonlyArray<HTMLElement> {
    const { scope, rows, frame, socket, reports, moment } = this
    const goTo = (epoch: number): void => this.goTo(epoch)
    const losses = course("Held-out loss", [
      { name: "with what is planted", series: "1", of: ({ loss }) => loss },
      { name: "host alone", series: "2", of: ({ hostLoss }) => hostLoss },
    ])
    const lanes = stateLanes()
    const time = course(
      "Time of a boundary",
      [{ name: "ms", series: "1", of: ({ boundaryMs }) => boundaryMs }],
      BOUNDARY_MS,
    )
    const timeCard = card("Time of a boundary", `at most ${BOUNDARY_MS} ms`, time.element)
    scope.watch([rows, moment], () => {
      for (const one of [losses, lanes, time]) one.update(rows.value, this.shown)
      timeCard.hidden = rows.value.length > 0 && rows.value.every(({ boundaryMs }) => boundaryMs === null)
    })
    return [
      this.head(),
      this.network(),
      card("Held-out loss", "lower is better", losses.element),
      card(
        "States",
        "",
        lanes.element,
        h(
          "ul",
          { class: "tones small soft" },
          ...TONES.map(([tone, name]) => h("li", { "data-tone": tone }, name)),
        ),
      ),
      gatesCard(scope, frame, socket),
      eventsCard(scope, rows, () => this.shown, moment, goTo),
      reportsCard(scope, reports),
      timeCard,
    ]
  }

  private head(): HTMLElement {
    const { entry, growths, scope, rows, moment, frame, socket, ended, latest } = this
    const slider = h("input", {
      type: "range",
      min: 1,
      step: 1,
      "aria-label": "Boundary that is shown",
      input: () => this.goTo(Number(slider.value)),
    })
    const follow = h("button", { class: "button", click: () => this.goTo(null) }, "Follow")
    const tiles = tilesOf(["Epoch", "Right", "Loss", "Parameters", "Mode"])
    const standing = h("p", { class: "standing" })
    const tag = h("span", { class: "tag" })
    const select = h(
      "select",
      { class: "input", "aria-label": "Growing host" },
      ...growths.map(({ id, name }) => h("option", { value: id, selected: id === entry.id }, name)),
    )
    select.addEventListener("change", () => go("growth", { growth: select.value }))
    scope.watch([ended], () => {
      const live = entry.source === "live"
      say(tag, !live ? "recorded" : ended.value ? "over" : "live")
      mark(tag, "data-tone", !live ? "accent" : ended.value ? null : "live")
    })
    scope.watch([frame, socket], () => {
      const found = shownSocket(frame.value, socket.value)
      say(standing, found === undefined ? "" : standingOf(found))
    })
    scope.watch([rows, moment], () => {
      const { value: all } = rows
      const last = all.at(-1)
      if (last === undefined) return
      mark(slider, "min", String(all[0].epoch))
      mark(slider, "max", String(last.epoch))
      slider.value = String(this.shown)
      mark(follow, "aria-pressed", String(moment.value === null))
      const row = all.findLast(({ epoch }) => epoch <= this.shown) ?? last
      const { epoch, loss, accuracy, parameters, mode } = row
      tiles.update([grouped(epoch), percent(accuracy), figure(loss), grouped(parameters), words(mode)])
      mark(tiles.values[4], "data-tone", mode === "operational" ? null : "safe")
    })
    return h(
      "section",
      { class: "card wide", "aria-label": "Growing host" },
      h(
        "header",
        {},
        h("h2", {}, growths.length > 1 ? select : entry.name),
        tag,
        growthSteering(entry, latest, ended, this.again),
      ),
      tiles.element,
      standing,
      h("div", { class: "moment-bar" }, slider, follow),
      this.problem,
    )
  }

  private network(): HTMLElement {
    const { frame, socket } = this
    const picture = networkPicture()
    this.scope.watch([frame, socket], () => {
      if (frame.value !== null)
        picture.update(frame.value, shownSocket(frame.value, socket.value)?.name ?? null)
    })
    const about = "The wider a bar, the more parameters. The filled part of a graft is mixed into the output."
    const element = card("Network", "", picture.element, h("p", { class: "small soft" }, about))
    element.classList.add("tall")
    return element
  }
}

const card = (name: string, about: string, ...content: ReadonlyArray<Child>): HTMLElement =>
  h(
    "section",
    { class: "card", "aria-label": name },
    h("header", {}, h("h2", {}, name), about === "" ? null : h("span", { class: "small faint" }, about)),
    ...content,
  )
