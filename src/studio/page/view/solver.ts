/**
 * A run of the offline solver: how the best value fell, what each phase read, which parameters matter, what the landscape
 * looked like, and the best point.
 */
import type { SolverRun } from "../../protocol/solverProtocol.ts"
import { convergence } from "../chart/convergence.ts"
import { parallelPlot } from "../chart/parallel.ts"
import { reachChart } from "../chart/reach.ts"
import { slices } from "../chart/slices.ts"
import { api, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, say } from "../core/dom.ts"
import { capital, counted, figure, percent, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { go, route } from "../core/route.ts"
import { short } from "../parts/eventLog.ts"
import { icon } from "../parts/icons.ts"
import type { View } from "./View.ts"

/** A run that is still going on is read again this often, milliseconds. */
const AGAIN_MS = 5000

export function solverView(model: Model): View {
  const scope = new Scope()
  const files = model.session.value?.solvers ?? []
  const body = h("div", { class: "solver" })
  let inner = new Scope()
  scope.add(() => inner.close())
  if (files.length === 0) {
    fill(
      body,
      h(
        "section",
        { class: "card empty" },
        icon("solver"),
        h("h2", {}, "No solver runs are shown"),
        h(
          "p",
          {},
          "Open the studio with a state or artifact file of a run to see how it converged and which parameters matter.",
        ),
        h("code", { class: "mono" }, "arqon studio --solver tune.state.json"),
      ),
    )
    return { title: "Solver", element: body, close: scope.close }
  }
  const run = new Cell<SolverRun | null>(null)
  let again: ReturnType<typeof setTimeout> | undefined
  scope.add(() => clearTimeout(again))
  const load = async (file: string): Promise<void> => {
    clearTimeout(again)
    try {
      const read = await api.solver(file)
      run.set(read)
      const over = read.counts.told + read.counts.failed >= read.budget
      if (!over) again = setTimeout(() => void load(file), AGAIN_MS)
    } catch (error) {
      fill(
        body,
        h(
          "section",
          { class: "card empty" },
          icon("nothing"),
          h("h2", {}, "The run could not be read"),
          // Where the file is wrong is drawn with spaces.
          h("pre", { class: "mono small", tabindex: "0" }, told(error)),
        ),
      )
    }
  }
  const chosen = (): string => files.find((file) => file === route.value.query.get("file")) ?? files[0]
  scope.watch([route], () => void load(chosen()))
  scope.watch([run], () => {
    inner.close()
    inner = new Scope()
    const { value } = run
    if (value === null)
      fill(body, h("div", { class: "card shimmer", role: "status", "aria-label": "Reading the run" }))
    else fill(body, head(value, files), ...cards(value, inner))
  })
  return { title: "Solver", element: body, close: scope.close }
}

function head(run: SolverRun, files: ReadonlyArray<string>): HTMLElement {
  const select = h(
    "select",
    { class: "input", "aria-label": "Solver run" },
    ...files.map((file) => h("option", { value: file, selected: file === run.file }, file)),
  )
  select.addEventListener("change", () => go("solver", { file: select.value }))
  const done = run.counts.told + run.counts.failed
  return h(
    "section",
    { class: "card run", "aria-label": "Run" },
    h(
      "header",
      {},
      h("h2", { class: "run-name" }, files.length > 1 ? select : run.file),
      h("span", { class: "tag" }, run.minimize ? "lower is better" : "higher is better"),
    ),
    h(
      "dl",
      { class: "tiles" },
      tile("Best value", figure(run.best?.value)),
      tile("Evaluations", `${done} of ${run.budget}`),
      tile("Failed", String(run.counts.failed)),
      tile("Under way", String(run.counts.pending)),
      tile("Landscape", run.classification === null ? "–" : capital(latestLabel(run.classification))),
    ),
    ...run.warnings.map((warning) => h("p", { class: "small soft" }, warning)),
  )
}

const tile = (name: string, value: string): HTMLElement =>
  h("div", { class: "tile" }, h("dt", { class: "small soft" }, name), h("dd", {}, value))

function cards(run: SolverRun, scope: Scope): ReadonlyArray<HTMLElement> {
  if (run.history.length === 0)
    return [
      h("section", { class: "card empty" }, icon("nothing"), h("p", {}, "Nothing has been evaluated yet.")),
    ]
  const chart = convergence(run)
  const reach = reachChart(run)
  scope.add(chart.close)
  if (reach !== null) scope.add(reach.close)
  return [
    h(
      "section",
      { class: "card wide", "aria-label": "Convergence" },
      h("header", {}, h("h2", {}, "Convergence"), chart.legend),
      chart.element,
      reach?.element ?? null,
    ),
    importance(run),
    best(run),
    landscape(run),
    plotCard("Slices", "value against each parameter; the best tenth in green, × failed", slices(run)),
    plotCard(
      "Parallel coordinates",
      "a line for each evaluation; the best tenth in green",
      parallelPlot(run),
    ),
    readings(run),
  ]
}

const plotCard = (name: string, about: string, plot: HTMLElement): HTMLElement =>
  h(
    "section",
    { class: "card wide", "aria-label": name },
    h("header", {}, h("h2", {}, name), h("span", { class: "small faint" }, about)),
    plot,
  )

function importance({ importance: found }: SolverRun): HTMLElement {
  const card = (content: HTMLElement): HTMLElement =>
    h(
      "section",
      { class: "card", "aria-label": "Parameter importance" },
      h(
        "header",
        {},
        h("h2", {}, "Parameter importance"),
        h("span", { class: "small faint" }, "share of the differences explained"),
      ),
      content,
    )
  if (found === null)
    return card(
      h("p", { class: "empty small" }, "There are too few readings to tell which parameters matter."),
    )
  const rows = [
    ...Object.entries(found.alone).toSorted(([, a], [, b]) => b - a),
    ["only together", found.together] as const,
  ]
  return card(
    h(
      "ul",
      { class: "shares" },
      ...rows.map(([name, share], i) => {
        const filled = h("span", { class: i === rows.length - 1 ? "filled together" : "filled" })
        filled.style.transform = `scaleX(${Math.min(1, Math.max(0, share))})`
        return h(
          "li",
          {},
          h("span", { class: "knob-name" }, name),
          h("span", { class: "rail", "aria-hidden": "true" }, filled),
          h("span", { class: "number" }, percent(share)),
        )
      }),
    ),
  )
}

function best({ best: found }: SolverRun): HTMLElement {
  return h(
    "section",
    { class: "card", "aria-label": "Best point" },
    h(
      "header",
      {},
      h("h2", {}, "Best point"),
      found?.at === null || found?.at === undefined
        ? null
        : h("span", { class: "small faint" }, `evaluation ${found.at}`),
    ),
    found === null
      ? h("p", { class: "empty small" }, "No evaluation has succeeded yet.")
      : h(
          "dl",
          { class: "fields" },
          h("dt", { class: "soft" }, "value"),
          h(
            "dd",
            {},
            `${figure(found.value)}${found.standardError === null ? "" : ` ± ${figure(found.standardError)}`}`,
          ),
          ...Object.entries(found.params).flatMap(([name, value]) => [
            h("dt", { class: "soft" }, name),
            h("dd", { title: short(value) }, shown(value)),
          ]),
        ),
  )
}

const FEATURES: Readonly<Record<string, string>> = {
  keptPromises: "Accurately predicted steps",
  quadraticFit: "Fit of a quadratic model",
  separability: "Separability",
  distanceCorrelation: "Loss grows with distance",
  dispersion: "Spread of the good points",
  residualDecay: "Decay of the residual",
  variance: "Variance over the spread",
  noise: "Noise over the spread",
}

function landscape({ classification }: SolverRun): HTMLElement {
  return h(
    "section",
    { class: "card", "aria-label": "Landscape" },
    h(
      "header",
      {},
      h("h2", {}, "Landscape"),
      classification === null
        ? null
        : h("span", { class: "tag", "data-tone": "accent" }, latestLabel(classification)),
    ),
    classification === null || classification.changes.length === 0 ? null : labelHistory(classification),
    classification === null
      ? h("p", { class: "empty small" }, "The landscape has not been classified yet.")
      : h(
          "dl",
          { class: "fields" },
          ...Object.entries(classification.features).flatMap(([name, value]) => [
            h("dt", { class: "soft" }, FEATURES[name] ?? capital(words(name))),
            h("dd", {}, figure(value)),
          ]),
        ),
  )
}

type Classification = NonNullable<SolverRun["classification"]>

const latestLabel = ({ label, changes }: Classification): string => changes.at(-1)?.label ?? label

/** The label at first, and how later steps revoked it. */
function labelHistory({ label, changes }: Classification): HTMLElement {
  return h(
    "ol",
    { class: "small", "aria-label": "How the label changed" },
    h("li", {}, `${label} at first`),
    ...changes.map((one) => h("li", {}, `${one.label} from reading ${one.readings} on: ${one.reason}`)),
  )
}

const SHOWN = 200

/** A parameter's value: a figure where it is a number, else what it is called. */
const shown = (value: unknown): string => (typeof value === "number" ? figure(value) : short(value))

function readings(run: SolverRun): HTMLElement {
  const names = Object.keys(run.history[0]?.params ?? {})
  const failed = run.history.filter(({ value }) => value === null)
  const only = h("input", { type: "checkbox", change: () => show() })
  const body = h("tbody")
  const count = h("span", { class: "small faint" })
  const show = (): void => {
    const of = only.checked ? failed : run.history
    fill(body, ...of.slice(-SHOWN).toReversed().map(rowOf))
    say(count, of.length > SHOWN ? `latest ${SHOWN} of ${of.length}` : counted(of.length, "evaluation"))
  }
  const rowOf = (one: SolverRun["history"][number]): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row", class: "faint" }, String(one.index)),
      h("td", {}, one.phase),
      h(
        "td",
        { class: one.value === null ? "number failed" : "number" },
        one.value === null ? "failed" : figure(one.value),
      ),
      ...names.map((name) => h("td", { class: "number" }, shown(one.params[name]))),
      h("td", { class: "soft" }, one.decision),
    )
  show()
  const caption = h("caption", { class: "hidden-text" })
  say(caption, "Evaluations, newest first")
  return h(
    "section",
    { class: "card wide", "aria-label": "Evaluations" },
    h(
      "header",
      {},
      h("h2", {}, "Evaluations"),
      failed.length === 0
        ? null
        : h("label", { class: "check small soft" }, only, `Only the ${failed.length} that failed`),
      count,
    ),
    h(
      "div",
      { class: "scroll table", tabindex: "0", role: "region", "aria-label": "Evaluations, newest first" },
      h(
        "table",
        {},
        caption,
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["#", "Phase", "Value", ...names, "Why"].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        body,
      ),
    ),
  )
}
