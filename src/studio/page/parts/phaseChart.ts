/** The chart of the cycle with one phase lit: of an engine that tells where it stands and has no actors to be looked into. */
import { told } from "../core/api.ts"
import type { Cell, Scope } from "../core/cell.ts"
import { fill, h, mark } from "../core/dom.ts"
import type { Model } from "../core/Model.ts"
import { type Drawing, drawChart } from "../statechart/draw.ts"
import { standing } from "../statechart/Graph.ts"
import { layoutOf } from "../statechart/layout.ts"
import { PanZoom } from "../statechart/PanZoom.ts"

const SIZE = { width: 700, height: 420 }

/** `active`: ids of the active states, outermost first. */
export function phaseChart(model: Model, scope: Scope, active: Cell<ReadonlyArray<string>>): HTMLElement {
  const stage = h("div", { class: "stage" })
  const where = h("span", { class: "tag" })
  let drawing: Drawing | null = null
  let view: PanZoom | null = null
  let asked = false
  const graph = () => model.machines.value.get("spsaCycle")
  const draw = async (): Promise<void> => {
    const chart = graph()
    if (asked || chart === undefined) return
    asked = true
    try {
      const layout = await layoutOf(chart, SIZE)
      drawing = drawChart(chart, layout, () => {})
      fill(stage, drawing.element)
      view = new PanZoom(drawing.element)
      const observer = new ResizeObserver(view.resized)
      observer.observe(stage)
      scope.add(() => observer.disconnect())
      drawing.light(active.value)
      view.begin(drawing.lit())
    } catch (error) {
      fill(stage, h("p", { class: "empty" }, `The chart layout failed: ${told(error)}`))
    }
  }
  scope.watch([model.machines, active], () => {
    const chart = graph()
    const phase = chart === undefined ? "" : standing(chart, active.value)
    where.textContent = phase
    mark(where, "data-tone", phase === "frozen" ? "safe" : "live")
    drawing?.light(active.value)
    if (drawing !== null) view?.follow(drawing.lit())
    void draw()
  })
  return h(
    "section",
    { class: "card phase", "aria-label": "Cycle" },
    h("header", {}, h("h2", {}, "Cycle"), where),
    stage,
  )
}
