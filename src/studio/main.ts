/**
 * The studio's page: what runs in the browser. It shows one engine at a time, live or recorded, in five views, and steers it
 * where that is allowed. Everything it needs is served by the process it looks at.
 */
import "./style/font.css"
import "uplot/dist/uPlot.min.css"
import "./style/tokens.css"
import "./style/base.css"
import "./style/shell.css"
import "./style/dialog.css"
import "./style/parts.css"
import "./style/views.css"
import { watch } from "./core/cell.ts"
import { Model } from "./core/Model.ts"
import { beginRoute, go, route } from "./core/route.ts"
import { beginTheme, nextTheme } from "./core/theme.ts"
import { door } from "./parts/door.ts"
import { commands, listenToKeys, openHelp, openPalette } from "./parts/keys.ts"
import { shell } from "./parts/shell.ts"
import { hindrance, steer, STEERING } from "./parts/steering.ts"
import { auditView } from "./view/audit.ts"
import { fleetView } from "./view/fleet.ts"
import { overviewView } from "./view/overview.ts"
import { solverView } from "./view/solver.ts"
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
const replaying = (): string | null => (model.replay.value === null ? "No recording is shown." : null)

commands.set([
  { name: "Overview", keys: "g o", run: () => go("overview") },
  { name: "Statecharts", keys: "g s", run: () => go("statecharts") },
  { name: "Audit", keys: "g a", run: () => go("audit") },
  { name: "Solver runs", keys: "g r", run: () => go("solver") },
  { name: "Fleet", keys: "g f", run: () => go("fleet") },
  {
    name: "Search the audit",
    keys: "/",
    run: () => {
      if (route.value.view !== "audit" && route.value.view !== "fleet") go("audit")
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
  { name: "Step on in the replay", keys: ".", run: () => model.replay.value?.step(1), hindrance: replaying },
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
  audit: auditView,
  solver: solverView,
  fleet: fleetView,
})

const begin = (): void =>
  void model.begin(route.value.query.get("engine")).then(() => {
    // Where there are only fleets, they are the first page.
    const { value: session } = model.session
    const nothingElse = session !== null && session.engines.length === 0 && session.fleets.length > 0
    if (nothingElse && route.value.view !== "solver") go("fleet", Object.fromEntries(route.value.query))
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
