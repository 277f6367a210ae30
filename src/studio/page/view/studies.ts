/**
 * Studies: a search that many workers share, as its storage has it. How far it is, the best point so far, who evaluates what and for how
 * long its lease still holds, and every trial. It is read again while somebody looks.
 */
import "../style/studies.css"
import type { StudyKnob, StudyPage } from "../../protocol/studyProtocol.ts"
import { studyCourse } from "../chart/studyCourse.ts"
import { trialMap } from "../chart/trialMap.ts"
import { api, Refusal, told } from "../core/api.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, mark, say, svg } from "../core/dom.ts"
import { counted, figure, grouped, isolated } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { poll } from "../core/poll.ts"
import { go, route } from "../core/route.ts"
import { icon } from "../parts/icons.ts"
import { choice } from "../parts/listTools.ts"
import { tilesOf } from "../parts/tiles.ts"
import { PAGE, trialList, valueText } from "./studyTrials.ts"
import { workersCard } from "./studyWorkers.ts"
import type { View } from "./View.ts"

const EVERY_MS = 1000

const STANDINGS: Readonly<Record<StudyPage["state"], readonly [word: string, tone: string]>> = {
  running: ["running", "live"],
  waiting: ["waiting for workers", "safe"],
  stopped: ["stopped", "safe"],
  done: ["done", "accent"],
}
export function studiesView(_model: Model): View {
  const scope = new Scope()
  const body = h("div", { class: "studies" })
  const empty = h(
    "section",
    { class: "card empty", hidden: true },
    icon("studies"),
    h("h2", {}, "This storage has no study yet"),
    h("code", { class: "mono" }, "arqon study create"),
  )
  const loading = h("div", { class: "card shimmer", role: "status", "aria-label": "Loading" })
  const problem = h("p", { class: "error", role: "alert", hidden: true })
  const page = new Cell<StudyPage | null>(null)
  const offset = new Cell(0)
  const list = trialList(scope, page, offset, () => ask())
  body.hidden = true
  fill(
    body,
    head(scope, page),
    course(scope, page),
    best(scope, page),
    workersCard(scope, page),
    list.element,
  )
  const ask = poll(scope, EVERY_MS, async (signal) => {
    try {
      const study = route.value.query.get("study")
      const now = await api.study({ study, ...list.query(), offset: offset.value, limit: PAGE }, signal)
      if (signal.aborted) return
      // A search narrows the list: a page behind the last is no page.
      if (now.trials.length === 0 && now.total > 0) offset.set(Math.floor((now.total - 1) / PAGE) * PAGE)
      problem.hidden = empty.hidden = loading.hidden = true
      body.hidden = false
      page.set(now)
    } catch (error) {
      if (signal.aborted) return
      loading.hidden = true
      const none = error instanceof Refusal && error.reason === "notFound" && page.value === null
      empty.hidden = !none || route.value.query.has("study")
      problem.hidden = !empty.hidden
      say(problem, told(error))
    }
  })
  scope.watch([route], () => {
    if (page.value !== null && page.value.name !== route.value.query.get("study")) {
      offset.set(0)
      ask()
    }
  })
  return {
    title: "Studies",
    element: h("div", { class: "stack" }, problem, loading, empty, body),
    close: scope.close,
  }
}

function head(scope: Scope, page: Cell<StudyPage | null>): HTMLElement {
  const name = h("h2", {})
  const state = h("span", { class: "tag" })
  const select = choice("Study", [], () => go("studies", { study: select.value }))
  const story = h("p", { class: "story" })
  const tiles = tilesOf(["Best", "Told", "Budget", "Out", "Failed", "At work", "Workers lost"])
  const map = trialMap()
  let known = ""
  scope.watch([page], () => {
    if (page.value === null) return
    const { value } = page
    say(name, isolated(value.name))
    const [word, tone] = STANDINGS[value.state]
    say(state, word)
    mark(state, "data-tone", tone)
    if (value.studies.join("\0") !== known) {
      known = value.studies.join("\0")
      fill(select, ...value.studies.map((one) => h("option", { value: one }, one)))
    }
    select.value = value.name
    select.hidden = value.studies.length < 2
    say(story, storyOf(value))
    const { working, lost } = value.workerCounts
    tiles.update([
      figure(value.best?.value),
      grouped(value.told),
      grouped(value.budget),
      grouped(value.out),
      grouped(value.failed),
      grouped(working),
      grouped(lost),
    ])
    map.update(value)
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Study" },
    h("header", {}, name, state, select),
    story,
    tiles.element,
    map.element,
  )
}

/** What there is to know, in a sentence or two. */
function storyOf({
  state,
  told: results,
  budget,
  out,
  best: found,
  workerCounts,
  retried,
  objective,
}: StudyPage): string {
  const goal = objective === "minimize" ? "least" : "greatest"
  const value =
    found === null
      ? "No value has been told yet."
      : `The ${goal} value is ${figure(found.value)}, of trial ${grouped(found.id)}.`
  const { working, lost } = workerCounts
  const progress =
    state === "done"
      ? `All ${counted(results, "evaluation")} are told.`
      : state === "stopped"
        ? `Stopped after ${grouped(results)} of ${counted(budget, "evaluation")}; ${grouped(out)} still come to their end.`
        : state === "waiting"
          ? `${grouped(results)} of ${counted(budget, "evaluation")} are told, and no worker is at work.`
          : `${grouped(results)} of ${counted(budget, "evaluation")} are told, and ${working === 1 ? "1 worker evaluates" : `${grouped(working)} workers evaluate`} ${counted(out, "trial")}.`
  const losses =
    lost > 0
      ? ` ${counted(lost, "worker")} ${lost === 1 ? "was" : "were"} lost; others take over what ${lost === 1 ? "it" : "they"} held.`
      : retried > 0
        ? ` ${counted(retried, "trial")} went to another worker on the way.`
        : ""
  return `${progress}${losses} ${value}`
}

function course(scope: Scope, page: Cell<StudyPage | null>): HTMLElement {
  const chart = studyCourse()
  const direction = h("span", { class: "small soft" })
  scope.watch([page], () => {
    if (page.value === null) return
    chart.update(page.value)
    say(direction, page.value.objective === "minimize" ? "lower is better" : "higher is better")
  })
  return h(
    "section",
    { class: "card", "aria-label": "Results" },
    h("header", {}, h("h2", {}, "Results"), direction),
    chart.element,
    h(
      "ul",
      { class: "course-key small soft" },
      h("li", {}, "a result"),
      h("li", { "data-line": "best" }, "the best so far"),
    ),
  )
}

function best(scope: Scope, page: Cell<StudyPage | null>): HTMLElement {
  const who = h("span", { class: "small soft" })
  const list = h("ul", { class: "point scroll", tabindex: "0", "aria-label": "Parameters of the best trial" })
  scope.watch([page], () => {
    if (page.value === null) return
    const { best: found, knobs } = page.value
    say(who, found === null ? "none yet" : `trial ${grouped(found.id)} by ${found.worker}`)
    fill(list, ...knobs.map((knob) => placeOf(knob, found?.params[knob.name])))
  })
  return h(
    "section",
    { class: "card", "aria-label": "Best so far" },
    h("header", {}, h("h2", {}, "Best so far"), who),
    list,
  )
}

/** A parameter with its place between its bounds. */
function placeOf({ name, min, max, scale }: StudyKnob, value: unknown): HTMLElement {
  const text = valueText(value)
  const line = h("div", { class: "row" }, h("span", {}, isolated(name)), h("strong", {}, isolated(text)))
  if (min === null || max === null) return h("li", {}, line)
  const share = (one: number): number =>
    scale === "log" ? Math.log(one / min) / Math.log(max / min) : (one - min) / (max - min)
  return h(
    "li",
    {},
    line,
    svg(
      "svg",
      { class: "rail", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("path", { class: "track", d: "M0 5H1000" }),
      typeof value === "number"
        ? svg("path", { class: "place", d: `M${(1000 * share(value)).toFixed(1)} 5h0` })
        : null,
    ),
    h("div", { class: "ends small faint" }, h("span", {}, figure(min)), h("span", {}, figure(max))),
  )
}
