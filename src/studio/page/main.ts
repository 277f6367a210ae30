/**
 * The studio's page: what runs in the browser. It shows one engine at a time, live or recorded, and steers it where that is allowed;
 * views of fleets, solver runs and growing hosts stand beside it. Everything it needs is served by the process it looks at.
 */
import "./style/font.css"
import "uplot/dist/uPlot.min.css"
import "./style/tokens.css"
import "./style/base.css"
import "./style/shell.css"
import "./style/dialog.css"
import "./style/charts.css"
import "./style/parts.css"
import "./style/overview.css"
import "./style/statecharts.css"
import "./style/dynamics.css"
import "./style/rules.css"
import "./style/views.css"
import "./style/narrow.css"
import { watch } from "./core/cell.ts"
import { Model } from "./core/Model.ts"
import { beginRoute, go, route } from "./core/route.ts"
import { beginTheme, nextTheme } from "./core/theme.ts"
import { type ViewName, viewsOf } from "./core/views.ts"
import { door } from "./parts/door.ts"
import { type Command, commands, listenToKeys, openHelp, openPalette } from "./parts/keys.ts"
import { shell } from "./parts/shell.ts"
import { hindrance, steer, STEERING } from "./parts/steering.ts"
import { openEngineSteering } from "./parts/steerMenu.ts"
import { auditView } from "./view/audit.ts"
import { dynamicsView } from "./view/dynamics.ts"
import { fleetView } from "./view/fleet.ts"
import { lateView } from "./view/lateView.ts"
import { overviewView } from "./view/overview.ts"
import { statechartsView } from "./view/statecharts.ts"

const model = new Model()

beginTheme()
beginRoute()

/** The view it belongs to may be drawn a few frames later. */
function focusSearch(frames = 30): void {
  const search = document.querySelector<HTMLInputElement>('input[type="search"]')
  if (search !== null) search.focus()
  else if (frames > 0) requestAnimationFrame(() => focusSearch(frames - 1))
}
const isShown = (view: ViewName): boolean => viewsOf(model.session.value).includes(view)
const toView = (view: ViewName, name: string, keys: string): Command => ({
  name,
  keys,
  run: () => go(view),
  hindrance: () => (isShown(view) ? null : "This view does not exist."),
})
const replaying = (): string | null => (model.replay.value === null ? "No recording is shown." : null)

commands.set([
  toView("overview", "Overview", "g o"),
  toView("statecharts", "Statecharts", "g s"),
  toView("dynamics", "Dynamics", "g d"),
  toView("audit", "Audit", "g a"),
  toView("solver", "Solver runs", "g r"),
  toView("growth", "Growth", "g n"),
  toView("pipeline", "Pipeline", "g l"),
  toView("replicas", "Replicas", "g p"),
  toView("studies", "Studies", "g t"),
  toView("campaigns", "Campaigns", "g c"),
  toView("fleet", "Fleet", "g f"),
  {
    name: "Search",
    keys: "/",
    run: () => {
      if (route.value.view !== "audit" && route.value.view !== "fleet")
        go(isShown("audit") ? "audit" : "fleet")
      focusSearch()
    },
  },
  {
    name: "Play or pause the replay",
    keys: "p",
    run: () => model.replay.value?.toggle(),
    hindrance: replaying,
  },
  {
    name: "Step back in the replay",
    keys: ",",
    run: () => model.replay.value?.step(-1),
    hindrance: replaying,
  },
  {
    name: "Step forward in the replay",
    keys: ".",
    run: () => model.replay.value?.step(1),
    hindrance: replaying,
  },
  {
    name: "Steer",
    keys: "s",
    run: () => openEngineSteering(model),
    hindrance: () => (model.steerable ? null : "Nothing can be changed here."),
  },
  { name: "Next theme", keys: "t", run: nextTheme },
  { name: "Keyboard help", keys: "?", run: openHelp },
  { name: "Command palette", keys: "k", run: openPalette },
  ...STEERING.map((one) => ({
    name: one.name,
    run: () => steer(model, one),
    hindrance: () => hindrance(model, one.action),
  })),
])
listenToKeys()

const page = shell(model, {
  overview: overviewView,
  statecharts: statechartsView,
  dynamics: dynamicsView,
  audit: auditView,
  solver: (shown) => lateView("Solver", async () => (await import("./view/solver.ts")).solverView(shown)),
  growth: (shown) => lateView("Growth", async () => (await import("./view/growth.ts")).growthView(shown)),
  pipeline: (shown) =>
    lateView("Pipeline", async () => (await import("./view/pipeline.ts")).pipelineView(shown)),
  replicas: (shown) =>
    lateView("Replicas", async () => (await import("./view/replicas.ts")).replicasView(shown)),
  studies: (shown) => lateView("Studies", async () => (await import("./view/studies.ts")).studiesView(shown)),
  campaigns: (shown) =>
    lateView("Campaigns", async () => (await import("./view/campaigns.ts")).campaignsView(shown)),
  fleet: fleetView,
})

const begin = (): void => void model.begin(route.value.query.get("engine"))

// Where there is nothing of one kind, what there is takes the place of its view.
watch([model.session, route], () => {
  const views = viewsOf(model.session.value)
  const { view, query } = route.value
  if (!views.includes(view)) go(views.includes("fleet") ? "fleet" : views[0], Object.fromEntries(query))
})

// What stands on the page is changed only when the door opens or closes: put back anew it would lose focus and place.
let locked: boolean | null = null
watch([model.connection], () => {
  const wanted = model.connection.value.state === "locked"
  if (wanted === locked) return
  locked = wanted
  document.body.replaceChildren(wanted ? door(begin) : page)
})
begin()
