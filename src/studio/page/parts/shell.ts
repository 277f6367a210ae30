/** The frame of the page: navigation, whose engine is shown and how it stands, steering in one press, theme and help. */
import type { EngineEntry } from "../../protocol/protocol.ts"
import { Scope } from "../core/cell.ts"
import { type Child, fill, h, mark, say } from "../core/dom.ts"
import { clock } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { go, linkTo, route } from "../core/route.ts"
import { nextTheme, theme } from "../core/theme.ts"
import { type ViewName, viewsOf } from "../core/views.ts"
import type { View } from "../view/View.ts"
import { announce, announcer } from "./announce.ts"
import { brandMark, icon, type IconName } from "./icons.ts"
import { openHelp, openPalette } from "./keys.ts"
import { replayBar } from "./replayBar.ts"
import { standingNow, standingOf } from "./standing.ts"
import { hindrance, steer, STEERING } from "./steering.ts"
import { openEngineSteering, steerButton } from "./steerMenu.ts"

const PAGES: ReadonlyArray<{ readonly view: ViewName; readonly name: string; readonly icon: IconName }> = [
  { view: "overview", name: "Overview", icon: "overview" },
  { view: "statecharts", name: "Statecharts", icon: "statecharts" },
  { view: "dynamics", name: "Dynamics", icon: "dynamics" },
  { view: "audit", name: "Audit", icon: "audit" },
  { view: "solver", name: "Solver", icon: "solver" },
  { view: "growth", name: "Growth", icon: "growth" },
  { view: "pipeline", name: "Pipeline", icon: "pipeline" },
  { view: "replicas", name: "Replicas", icon: "replicas" },
  { view: "studies", name: "Studies", icon: "studies" },
  { view: "campaigns", name: "Campaigns", icon: "campaigns" },
  { view: "fleet", name: "Fleet", icon: "fleet" },
]

/** Views that show the engine chosen; the others show what lies beside it. */
const OF_ONE_ENGINE: ReadonlyArray<ViewName> = ["overview", "statecharts", "dynamics", "audit"]

/** Engines in the list at the top; the fleet view finds the others. */
const MOST_OFFERED = 50

export type MakeView = (model: Model) => View

export function shell(model: Model, views: Readonly<Record<ViewName, MakeView>>): HTMLElement {
  const main = h("main", { class: "main", id: "main", tabindex: "-1" })
  const top = topBar(model)
  let view: View | null = null
  let bar = new Scope()
  let shownView: ViewName | null = null
  let shownEngine: string | null = null

  const show = (): void => {
    const { view: wanted } = route.value
    const engine = model.engine.value?.id ?? null
    if (wanted === shownView && engine === shownEngine && view !== null) return
    const turned = shownView !== null && wanted !== shownView
    shownView = wanted
    shownEngine = engine
    view?.close()
    bar.close()
    bar = new Scope()
    view = views[wanted](model)
    const { value: replay } = model.replay
    fill(
      main,
      h("h1", { class: "hidden-text" }, view.title),
      notice(model, bar),
      replay === null || !OF_ONE_ENGINE.includes(wanted) ? null : replayBar(model, replay, bar),
      content(model, wanted, view, bar),
    )
    const of = OF_ONE_ENGINE.includes(wanted) ? model.engine.value?.name : undefined
    document.title = `${view.title} · ${of ?? "Arqon"} studio`
    if (turned) {
      announce(view.title)
      scrollTo(0, 0)
    }
  }
  const links = PAGES.map((page) =>
    h("a", { href: linkTo(page.view) }, icon(page.icon), h("span", {}, page.name)),
  )
  const scope = new Scope()
  scope.watch([route, model.engine], () => {
    links.forEach((link, i) => {
      link.setAttribute("href", linkTo(PAGES[i].view))
      mark(link, "aria-current", PAGES[i].view === route.value.view ? "page" : null)
    })
    const wanted = route.value.query.get("engine")
    const entry = model.session.value?.engines.find((one) => one.id === wanted)
    if (entry !== undefined && entry.id !== model.engine.value?.id) model.open(entry)
    show()
  })
  scope.watch([model.session], () => {
    const views = viewsOf(model.session.value)
    links.forEach((link, i) => (link.hidden = !views.includes(PAGES[i].view)))
    show()
  })
  tellTrips(model, scope)
  return h(
    "div",
    { class: "app" },
    h(
      "a",
      {
        class: "button skip",
        href: "#main",
        click: (event: Event) => {
          event.preventDefault()
          main.focus()
        },
      },
      "Skip to the content",
    ),
    h(
      "nav",
      { class: "nav", "aria-label": "Views" },
      h("div", { class: "brand" }, brandMark(), "Arqon"),
      ...links,
      h("span", { class: "spring" }),
      versionLine(model, scope),
    ),
    top,
    main,
    ...announcer(),
  )
}

/** A view needs an engine; the solver and the list of engines do not. */
function content(model: Model, name: ViewName, view: View, scope: Scope): Child {
  if (model.engine.value !== null || !OF_ONE_ENGINE.includes(name)) return view.element
  const body = h("div", {})
  scope.watch([model.session, model.connection], () => {
    if (model.session.value === null) {
      fill(
        body,
        model.connection.value.state === "loading"
          ? h("div", { class: "card shimmer", role: "status", "aria-label": "Loading" })
          : null,
      )
    } else {
      fill(
        body,
        h(
          "section",
          { class: "card empty" },
          icon("fleet"),
          h("h2", {}, "Nothing to show"),
          h("p", {}, "This studio has no engine, no fleet and no solver run."),
        ),
      )
    }
  })
  return body
}

/** Disconnected, over, failed: one line that says it and what can be done. */
function notice(model: Model, scope: Scope): HTMLElement {
  const text = h("span", {})
  const again = h("button", { class: "button", click: () => location.reload() }, "Load again")
  const element = h("div", { class: "notice", role: "status" }, text, again)
  scope.watch([model.connection], () => {
    const { value: connection } = model.connection
    const problem = connection.state === "lost" || connection.state === "over"
    element.hidden = !problem
    mark(element, "data-tone", connection.state === "lost" ? "trip" : null)
    if (problem) say(text, connection.message)
    mark(document.body, "data-connection", connection.state)
  })
  return element
}

function topBar(model: Model): HTMLElement {
  const scope = new Scope()
  const select = h("select", { "aria-label": "Engine" })
  select.addEventListener("change", () => go(route.value.view, { engine: select.value }))
  const mode = h("span", { class: "mode", role: "status" })
  const flag = h("span", { class: "tag", "data-tone": "accent" })
  const fleets = h("a", { class: "fleets", href: linkTo("fleet") })
  const reset = STEERING[1]
  // What somebody is waited for is at hand; everything else is behind one press more.
  const quick = h(
    "button",
    { class: "button", "data-kind": "primary", click: () => steer(model, reset) },
    "Reset",
  )
  const steering = steerButton(() => openEngineSteering(model))
  const themeButton = h("button", { class: "button square", "data-kind": "quiet", click: nextTheme })
  const title = h("span", { class: "title", "aria-hidden": "true" })
  const ofOne = (): boolean => OF_ONE_ENGINE.includes(route.value.view)
  scope.watch([model.session, model.engine, route], () => {
    say(title, PAGES.find(({ view }) => view === route.value.view)?.name ?? "")
    title.hidden = ofOne() || (route.value.view === "fleet" && onlyFleets(model))
    const engines = model.session.value?.engines ?? []
    const current = engines.find(({ id }) => id === model.engine.value?.id)
    const offered = engines.slice(0, MOST_OFFERED)
    if (current !== undefined && !offered.includes(current)) offered.unshift(current)
    fill(select, ...offered.map((one) => h("option", { value: one.id }, labelOf(one, engines))))
    select.hidden = engines.length === 0 || !ofOne()
    fleets.hidden = !onlyFleets(model) || route.value.view === "solver"
    say(fleets, (model.session.value?.fleets ?? []).map(({ name }) => name).join(", "))
    if (model.engine.value !== null) select.value = model.engine.value.id
  })
  scope.watch([model.snapshot, model.connection, model.engine, model.session, model.atEnd, route], () => {
    const { value: snapshot } = model.snapshot
    const lost = model.connection.value.state === "lost"
    const standing = standingNow(model)
    say(mode, lost ? "Disconnected" : (standing.short ?? standing.word))
    mark(mode, "data-tone", lost ? null : standing.tone)
    const recorded = model.engine.value?.source === "recorded"
    flag.hidden = !ofOne() || (!recorded && (model.steerable || model.engine.value === null))
    say(flag, recorded ? "recorded" : "read-only")
    // What is shown beside an engine is none of its business.
    const nobody = !ofOne() || (model.session.value !== null && model.engine.value === null)
    const waits = snapshot?.safeMode?.exit === "manualReset"
    quick.hidden = recorded || nobody || !waits || hindrance(model, "reset") !== null
    steering.hidden = recorded || nobody || !model.steerable
    mode.hidden = nobody
  })
  scope.watch([theme], () => {
    fill(themeButton, icon(theme.value === "system" ? "system" : theme.value === "dark" ? "moon" : "sun"))
    mark(themeButton, "aria-label", `Theme: ${theme.value}`)
    mark(themeButton, "title", `Theme: ${theme.value}`)
  })
  return h(
    "header",
    { class: "top" },
    h("div", { class: "who" }, title, select, fleets, mode, flag),
    h(
      "div",
      { class: "tools" },
      quick,
      steering,
      h(
        "button",
        {
          class: "button square",
          "data-kind": "quiet",
          "aria-label": "Commands (Ctrl K)",
          "data-for": "keys",
          title: "Commands (Ctrl K)",
          click: openPalette,
        },
        icon("command"),
      ),
      themeButton,
      h(
        "button",
        {
          class: "button square help",
          "data-kind": "quiet",
          "aria-label": "Keyboard help (?)",
          title: "Keyboard help (?)",
          click: openHelp,
        },
        icon("help"),
      ),
    ),
  )
}

/** Its name; where others have the same, when it began, and where that is the same too, which run it is. */
function labelOf(entry: EngineEntry, all: ReadonlyArray<EngineEntry>): string {
  const { name, runId } = entry
  const began = ({ recording }: EngineEntry): string =>
    recording === null ? "live" : clock(recording.fromUs)
  const namesakes = all.filter((one) => one.name === name && one.id !== entry.id)
  if (namesakes.length === 0) return name
  return `${name}, ${namesakes.some((one) => began(one) === began(entry)) ? runId : began(entry)}`
}

/** No engine of its own is shown: the fleet's are steered one by one. */
const onlyFleets = ({ session, engine }: Model): boolean =>
  engine.value === null && (session.value?.fleets.length ?? 0) > 0

function versionLine(model: Model, scope: Scope): HTMLElement {
  const line = h("p", { class: "foot" })
  scope.watch([model.session], () => {
    const { value: session } = model.session
    say(line, session === null ? "" : `Version ${session.version}`)
  })
  return line
}

/** SafeMode opening and closing is told aloud, wherever on the page one is. */
function tellTrips(model: Model, scope: Scope): void {
  let known: string | null = null
  let engine: string | null = null
  scope.watch([model.snapshot], () => {
    const { value: snapshot } = model.snapshot
    const id = model.engine.value?.id ?? null
    const reason = snapshot?.safeMode?.reason ?? null
    if (id === engine && reason !== known && snapshot !== null && model.replay.value === null) {
      const { word, sentence } = standingOf(snapshot, model.connection.value)
      announce(`${word}. ${sentence}`, reason === null ? "polite" : "urgent")
    }
    if (snapshot !== null || id !== engine) known = reason
    engine = id
  })
}
