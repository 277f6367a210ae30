/** The engines of a fleet: how many stand how, a page of them at a time with a search, and what happens to them. */
import type { FleetList, FleetSort } from "../../protocol/fleetProtocol.ts"
import type { FleetEntry } from "../../protocol/protocol.ts"
import { api } from "../core/api.ts"
import { Cell, type Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, counted, figure, grouped, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { fleetMap } from "../chart/fleetMap.ts"
import { sparkline } from "../chart/sparkline.ts"
import { go, linkTo } from "../core/route.ts"
import { icon } from "./icons.ts"
import { answered, changeOf, STATUS_NAMES, toneOfEngine } from "./fleetWords.ts"
import { choice, type Choices, pager } from "./listTools.ts"
import { tilesOf } from "./tiles.ts"

const EVERY_MS = 1000
const PAGE = 50
const MOST_EVENTS = 100
/** Knobs of which a row shows the value. */
const KNOBS_SHOWN = 3
/** The map is asked for with every so many questions. */
const MAP_EVERY = 5

const SORT_NAMES: ReadonlyArray<readonly [FleetSort, string]> = [
  ["safe", "SafeMode first"],
  ["gain", "Least gain first"],
  ["cycles", "Most cycles first"],
  ["heard", "Latest report first"],
  ["key", "By key"],
  ["spawned", "As spawned"],
]

type FleetRow = FleetList["engines"][number]
type FleetNews = FleetList["events"][number]

const FILTERS: Choices = [
  ["", "Any state"],
  ["mode=adapting", "Adapting"],
  ["mode=safe", "SafeMode open"],
  ["status=awake", "Awake"],
  ["status=resting", "Resting"],
  ["status=passive", "Put away"],
]

export function fleetList(model: Model, scope: Scope, entry: FleetEntry): HTMLElement {
  const offset = new Cell(0)
  const list = new Cell<FleetList | null>(null)
  const events = new Cell<ReadonlyArray<FleetNews & { readonly number: number }>>([])
  let heard: number | null = null
  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Key",
    "aria-label": `Search engines of ${entry.name}`,
    input: () => again(),
  })
  const filter = choice("State", FILTERS, () => again())
  const groups: Choices = [["", "Any group"], ...entry.groups.map((name) => [name, name] as const)]
  const group = choice("Group", groups, () => again())
  const sort = choice("Order", SORT_NAMES, () => again())
  const keyAt = async (place: number): Promise<string | null> => {
    const query = { fleet: entry.id, sort: "spawned", offset: place, limit: 1 }
    return (await api.fleet(query)).engines[0]?.key ?? null
  }
  const openAt = async (place: number): Promise<void> => {
    const key = await keyAt(place)
    if (key !== null) go("fleet", { fleet: entry.id, key })
  }
  const map = fleetMap(
    scope,
    (place) => void openAt(place).catch((error: unknown) => model.fail(error)),
    keyAt,
  )
  let asked = 0
  group.hidden = entry.groups.length === 0
  const again = (): void => {
    offset.set(0)
    ask()
  }
  const turn = (pages: number): void => {
    offset.set(Math.max(0, offset.value + pages * PAGE))
    ask()
  }
  const pages = pager("engine", turn)
  const rows = h("ul", { class: "engines" })
  const why = h("p", {})
  const nothing = h("div", { class: "empty" }, icon("nothing"), why)
  const counts = tilesOf(["Engines", "Awake", "Resting", "Put away", "SafeMode open"])
  const halted = h(
    "p",
    { class: "error", role: "alert" },
    "The audit cannot be written: every engine stays on its base until it can.",
  )
  const ask = poll(scope, EVERY_MS, async (signal) => {
    const [kind, value] = filter.value.split("=")
    const narrowed = filter.value === "" ? {} : { [kind]: value }
    const query = {
      fleet: entry.id,
      search: search.value.trim(),
      group: group.value,
      sort: sort.value,
      ...narrowed,
    }
    try {
      const mapped = asked++ % MAP_EVERY === 0 ? { map: 1 } : {}
      const page = await api.fleet(
        { ...query, ...mapped, offset: offset.value, limit: PAGE, events: heard },
        signal,
      )
      if (page.map !== null) map.update(page.map)
      answered(model)
      // Engines may have gone since: a page behind the last is no page.
      if (page.engines.length === 0 && page.total > 0 && offset.value > 0) {
        offset.set(Math.floor((page.total - 1) / PAGE) * PAGE)
      }
      hear(page)
      list.set(page)
    } catch (error) {
      if (!signal.aborted) model.fail(error)
    }
  })
  const hear = (page: FleetList): void => {
    heard = page.event
    const first = page.event - page.events.length
    const fresh = page.events.map((event, i) => ({ ...event, number: first + i })).toReversed()
    if (fresh.length > 0) events.set([...fresh, ...events.value].slice(0, MOST_EVENTS))
  }
  const show = keyed<FleetRow>(
    rows,
    ({ key }) => key,
    (row) => engineRow(entry, row),
  )
  scope.watch([list], () => {
    const { value: page } = list
    nothing.hidden = page === null || page.total > 0
    if (page === null) return
    const { fleet, total, engines } = page
    counts.update([fleet.engines, fleet.awake, fleet.resting, fleet.passive, fleet.safe].map(grouped))
    halted.hidden = !fleet.halted
    say(why, fleet.engines === 0 ? "No engine has been spawned yet." : "No engine matches.")
    show(engines)
    pages.show({ offset: page.offset, shown: engines.length, total })
  })
  return h(
    "div",
    { class: "overview" },
    h(
      "section",
      { class: "card", "aria-label": `Fleet ${entry.name}` },
      h("header", {}, h("h2", {}, entry.name), h("span", { class: "tag" }, entry.preset ?? "own guardrails")),
      counts.element,
      halted,
      map.element,
      h("div", { class: "search-row" }, search, filter, group, sort),
      pages.element,
      rows,
      nothing,
    ),
    eventCard(entry, scope, events),
  )
}

function engineRow(
  entry: FleetEntry,
  { key }: FleetRow,
): { readonly element: HTMLElement; readonly update: (now: FleetRow) => void } {
  const state = h("span", { class: "tag" })
  const doing = h("span", { class: "small soft goal" })
  const values = h("span", { class: "tags" })
  const count = h("span", { class: "small faint run" })
  const line = sparkline()
  let cycles = -1
  const link = h(
    "a",
    { class: "engine", href: linkTo("fleet", { fleet: entry.id, key }) },
    h("span", { class: "name", title: key }, key),
    state,
    doing,
    values,
    line.element,
    count,
  )
  const shown = entry.knobs.slice(0, KNOBS_SHOWN).map(({ name }) => ({
    name,
    element: h("span", { class: "tag" }),
  }))
  fill(values, ...shown.map(({ element }) => element))
  return {
    element: h("li", {}, link),
    update: (now) => {
      say(state, now.mode === "safe" ? "SafeMode" : STATUS_NAMES[now.status])
      mark(state, "data-tone", toneOfEngine(now))
      const group = now.group === null ? "" : `, ${now.group}`
      say(doing, now.safeMode === null ? `${words(now.phase)}${group}` : words(now.safeMode.reason))
      for (const { name, element } of shown) say(element, `${name} ${figure(now.base[name])}`)
      const { loss } = now
      const change = changeOf(now)
      say(count, `${change === null ? "" : `${change}, `}${counted(now.counters.cycles, "cycle")}`)
      if (loss === null || now.counters.cycles === cycles) return
      cycles = now.counters.cycles
      line.add(loss)
    },
  }
}

function eventCard(
  entry: FleetEntry,
  scope: Scope,
  events: Cell<ReadonlyArray<FleetNews & { readonly number: number }>>,
): HTMLElement {
  const list = h("ol", { class: "log" })
  const nothing = h("p", { class: "empty small" }, "No events since you opened this page.")
  const show = keyed<FleetNews & { readonly number: number }>(
    list,
    ({ number }) => String(number),
    (event) => {
      const key = "key" in event ? event.key : null
      const why = "reason" in event ? words(event.reason) : "detail" in event ? event.detail : ""
      return {
        element: h(
          "li",
          {},
          h("time", { class: "faint" }, clock(event.atUs, 1)),
          h("span", { class: "what" }, [capital(words(event.type)), why].filter(Boolean).join(": ")),
          key === null
            ? null
            : h("a", { class: "line small", href: linkTo("fleet", { fleet: entry.id, key }) }, key),
        ),
        update: () => {},
      }
    },
  )
  scope.watch([events], () => {
    show(events.value)
    nothing.hidden = events.value.length > 0
  })
  return h(
    "section",
    { class: "card latest", "aria-label": `Events of ${entry.name}` },
    h("header", {}, h("h2", {}, "Events")),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events, newest first" },
      list,
      nothing,
    ),
  )
}
