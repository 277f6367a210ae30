/**
 * The statecharts of every actor: a list of who stands where, one chart in full with its active states lit, what a chosen
 * state is for and answers, and the log of events that travel between the actors.
 */
import type { StateDefinition } from "../../protocol/machineProtocol.ts"
import type { ActorState } from "../../protocol/protocol.ts"
import { Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { capital, counted, words } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { go, route } from "../core/route.ts"
import { told } from "../core/api.ts"
import { announce } from "../parts/announce.ts"
import { eventLog } from "../parts/eventLog.ts"
import { icon } from "../parts/icons.ts"
import { type Drawing, drawChart } from "../statechart/draw.ts"
import { type Graph, standing, trigger } from "../statechart/Graph.ts"
import { layoutOf } from "../statechart/layout.ts"
import { PanZoom } from "../statechart/PanZoom.ts"
import type { View } from "./View.ts"

export function statechartsView(model: Model): View {
  const scope = new Scope()
  const list = h("ul", { class: "actors", "aria-label": "Actors" })
  const stage = h("div", { class: "stage" }, h("div", { class: "shimmer fill" }))
  const panel = h("section", { class: "card about", "aria-label": "About the state" })
  const heading = h("h2", {}, "Statechart")
  const tools = h("div", { class: "tools" })
  const log = eventLog(model, scope)
  let drawing: Drawing | null = null
  let shown: Graph | null = null
  let chosen: string | null = null
  let drawn = 0
  let view: PanZoom | null = null

  /** The actor asked for by the address, or the first that is a statechart. */
  const actorOf = (): ActorState | undefined => {
    const actors = charted(model)
    return actors.find(({ path }) => path === route.value.query.get("actor")) ?? defaultOf(actors)
  }

  const choose = (id: string | null): void => {
    chosen = id
    drawing?.choose(id)
    tellOf(panel, shown, id, activeNow(), choose)
    if (id !== null && shown !== null) announce(shown.states.get(id)?.description ?? "")
  }
  const activeNow = (): ReadonlyArray<string> => actorOf()?.active ?? []

  const draw = async (graph: Graph): Promise<void> => {
    const turn = ++drawn
    shown = graph
    chosen = null
    drawing = null
    view = null
    fill(stage, h("div", { class: "shimmer fill", role: "status", "aria-label": "Drawing the statechart" }))
    try {
      const layout = await layoutOf(graph, { width: stage.clientWidth, height: stage.clientHeight })
      if (turn !== drawn) return
      drawing = drawChart(graph, layout, choose)
      fill(stage, drawing.element)
      const seen = new PanZoom(drawing.element)
      view = seen
      const observer = new ResizeObserver(seen.resized)
      observer.observe(stage)
      scope.add(() => observer.disconnect())
      fill(
        tools,
        toolButton("plus", "Zoom in", () => seen.zoom(0.8)),
        toolButton("minus", "Zoom out", () => seen.zoom(1.25)),
        toolButton("fit", "Fit to view", seen.fit),
      )
      drawing.light(activeNow())
      seen.begin(drawing.lit())
      choose(null)
    } catch (error) {
      if (turn === drawn) fill(stage, h("p", { class: "empty" }, `The chart layout failed: ${told(error)}`))
    }
  }

  const showActors = keyed<ActorState>(
    list,
    (actor) => actor.path,
    (actor) => {
      const where = h("span", { class: "where" })
      const link = h(
        "button",
        { class: "actor", click: () => go("statecharts", { actor: actor.path }) },
        h("span", { class: "name" }, capital(nameOf(actor))),
        where,
      )
      return {
        element: h("li", {}, link),
        update: (now) => {
          const graph = graphOf(model, now)
          say(
            where,
            graph === undefined ? words(now.status) : standing(graph, now.active) || words(now.status),
          )
          mark(where, "data-tone", toneOf(now))
          mark(link, "aria-current", now.path === actorOf()?.path ? "true" : null)
          link.disabled = graph === undefined
        },
      }
    },
  )

  scope.watch([model.states, model.machines, route], () => {
    const actors = model.states.value?.actors ?? fallback(model)
    showActors(actors)
    const actor = actorOf()
    const graph = actor === undefined ? undefined : graphOf(model, actor)
    if (graph === undefined || actor === undefined) {
      const why = model.engine.value?.recording?.withoutStates
      if (why !== null && why !== undefined)
        fill(stage, h("div", { class: "empty" }, icon("nothing"), h("p", {}, why)))
      return
    }
    say(heading, capital(nameOf(actor)))
    if (graph !== shown) {
      void draw(graph)
      // On a phone the row is longer than the screen.
      const nearest = { block: "nearest", inline: "nearest" } as const
      requestAnimationFrame(() => list.querySelector("[aria-current]")?.scrollIntoView(nearest))
    } else {
      drawing?.light(actor.active)
      if (drawing !== null) view?.follow(drawing.lit())
      tellOf(panel, shown, chosen, actor.active, choose)
    }
  })

  return {
    title: "Statecharts",
    element: h(
      "div",
      { class: "statecharts" },
      h("section", { class: "card people", "aria-label": "Current states" }, list),
      h(
        "section",
        { class: "card canvas", "aria-label": "Statechart" },
        h("header", {}, heading, legend(), tools),
        stage,
      ),
      h(
        "div",
        { class: "beside" },
        panel,
        h("section", { class: "card events", "aria-label": "Event log" }, log.header, log.element),
      ),
    ),
    close: scope.close,
  }
}

const legend = (): HTMLElement =>
  h(
    "p",
    { class: "legend small soft" },
    h(
      "span",
      { class: "key" },
      h("span", { class: "swatch", "data-tone": "live" }),
      "live: proposals may be under way",
    ),
    h(
      "span",
      { class: "key" },
      h("span", { class: "swatch", "data-tone": "safe" }),
      "safe: nothing is proposed",
    ),
  )

const toolButton = (sign: "plus" | "minus" | "fit", name: string, click: () => void): HTMLElement =>
  h(
    "button",
    { class: "button square", "data-kind": "quiet", "aria-label": name, title: name, click },
    icon(sign),
  )

const nameOf = (actor: ActorState): string => words(actor.path.split("/").at(-1) ?? actor.path)

export const toneOf = (actor: ActorState): string | null =>
  actor.tags.includes("safe") ? "safe" : actor.tags.includes("live") ? "live" : null

const graphOf = (model: Model, actor: ActorState): Graph | undefined =>
  actor.machine === null ? undefined : model.machines.value.get(actor.machine)

/** Where states are not known (a recording that does not repeat itself) the charts can still be read. */
const fallback = (model: Model): ReadonlyArray<ActorState> =>
  (model.engine.value?.machines ?? []).map((machine) => ({
    path: machine,
    machine,
    status: "not known",
    active: [],
    tags: [],
  }))

const charted = (model: Model): ReadonlyArray<ActorState> =>
  (model.states.value?.actors ?? fallback(model)).filter((actor) => graphOf(model, actor) !== undefined)

const defaultOf = (actors: ReadonlyArray<ActorState>): ActorState | undefined =>
  actors.find(({ machine }) => machine === "spsaCycle") ?? actors[0]

/** What a state is for, and everything it answers. */
function tellOf(
  panel: HTMLElement,
  graph: Graph | null,
  id: string | null,
  active: ReadonlyArray<string>,
  choose: (id: string) => void,
): void {
  const state = graph === null ? undefined : graph.states.get(id ?? graph.root.id)
  // Rebuilt only when it says something else: a focused link in it must not vanish every frame.
  const key = `${state?.id ?? ""} ${state !== undefined && active.includes(state.id)}`
  if (panel.dataset["key"] === key) return
  panel.dataset["key"] = key
  if (graph === null || state === undefined) {
    fill(panel, h("p", { class: "soft" }, "Choose a state to read about it."))
    return
  }
  const tags = state.tags.map((tag) => h("span", { class: "tag", "data-tone": tag }, tag))
  const lit = active.includes(state.id) && state !== graph.root
  fill(
    panel,
    h(
      "header",
      {},
      h("h2", {}, capital(words(state.key))),
      h(
        "div",
        { class: "tags" },
        lit ? h("span", { class: "tag", "data-tone": "accent" }, "active now") : null,
        ...tags,
      ),
    ),
    h("p", {}, state.description === "" ? graph.machine.description : state.description),
    state.entry.length > 0
      ? h("p", { class: "small soft" }, `On entry: ${state.entry.map(words).join(", ")}.`)
      : null,
    state.invokes.length > 0
      ? h(
          "p",
          { class: "small soft" },
          `Runs ${state.invokes.map((one) => words(one.id)).join(", ")} while it is active.`,
        )
      : null,
    answers(graph, state, choose),
    id === null ? h("p", { class: "small faint" }, "Press a state in the chart to read about it.") : null,
  )
}

function answers(graph: Graph, state: StateDefinition, choose: (id: string) => void): HTMLElement | null {
  if (state.transitions.length === 0) return null
  const rows = state.transitions.map((one) => {
    const to = one.targets[0]
    const target = to === undefined ? undefined : graph.states.get(to)
    const does = one.actions.map(words).join(", ")
    return h(
      "li",
      {},
      h("span", { class: "on" }, trigger(one.event, one.guard)),
      does === "" ? null : h("span", { class: "soft small" }, does),
      target === undefined
        ? null
        : h(
            "button",
            { class: "link small", click: () => choose(target.id) },
            target === state ? "begins anew" : `→ ${words(target.key)}`,
          ),
    )
  })
  return h(
    "div",
    {},
    h("h3", {}, `Answers ${counted(rows.length, "event")}`),
    h("ul", { class: "answers" }, ...rows),
  )
}
