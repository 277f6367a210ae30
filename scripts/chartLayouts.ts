/**
 * Lays out every statechart for the studio's page, by ELK's layered layout, hierarchy included. It runs when the page is built, so that
 * no visitor loads the layout library, which is half a megabyte.
 */
import elkjs, { type ELK, type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js"
import type { Plugin } from "vite"
import { words } from "../src/studio/page/core/format.ts"
import { type Graph, graphOf } from "../src/studio/page/statechart/Graph.ts"
import { LINE_HEIGHT, labelLines } from "../src/studio/page/statechart/labels.ts"
import type {
  Box,
  ChartLayout,
  ChartLayouts,
  MoveLayout,
  Point,
} from "../src/studio/page/statechart/layouts.ts"
import type { StateDefinition } from "../src/studio/protocol/machineProtocol.ts"
import { machineDefinitions } from "../src/studio/server/machineDefinitions.ts"

const TITLE_BAND = 34
const STATE_HEIGHT = 36
const START = 9
const TITLE_PX = 15
const LABEL_PX = 13

/**
 * Widths of the characters from the space to the tilde, in hundredths of the font's size: Inter, semibold, measured in a browser. Other
 * weights of it are narrower, other fonts hardly wider than the padding.
 */
const WIDTHS = [
  25, 32, 52, 64, 65, 100, 66, 33, 37, 37, 54, 67, 32, 47, 32, 38, 66, 42, 62, 64, 67, 61, 64, 58, 64, 64, 32,
  33, 67, 67, 67, 54, 100, 73, 66, 74, 72, 61, 59, 75, 75, 28, 58, 70, 57, 92, 76, 77, 65, 77, 65, 65, 66, 74,
  73, 102, 72, 71, 65, 37, 38, 37, 48, 47, 35, 57, 62, 58, 62, 59, 39, 63, 61, 26, 26, 57, 26, 90, 61, 61, 62,
  62, 40, 55, 35, 61, 59, 84, 57, 59, 57, 45, 36, 45, 67,
]
const WIDEST = Math.max(...WIDTHS)

function textWidth(text: string, px: number): number {
  let width = 0
  for (const one of text) width += WIDTHS[(one.codePointAt(0) ?? 0) - 32] ?? WIDEST
  return (width * px) / 100
}

const ORTHOGONAL = {
  "elk.algorithm": "layered",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.spacing.nodeNode": "16",
  "elk.spacing.edgeNode": "10",
  "elk.spacing.edgeEdge": "9",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "16",
  "elk.layered.spacing.edgeNodeBetweenLayers": "10",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
  // With a model order as well, ELK 0.12 fails on boxes that lead into themselves.
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
}

type Direction = "DOWN" | "RIGHT"

function nodeOf(state: StateDefinition, direction: Direction): ElkNode {
  const title = textWidth(words(state.key), TITLE_PX)
  if (state.states.length === 0) {
    return { id: state.id, width: Math.max(84, Math.ceil(title) + 40), height: STATE_HEIGHT }
  }
  const start = state.initial === null ? [] : [{ id: `start:${state.id}`, width: START, height: START }]
  return {
    id: state.id,
    layoutOptions: {
      ...ORTHOGONAL,
      "elk.direction": direction,
      "elk.padding": `[top=${TITLE_BAND + 14},left=18,bottom=18,right=18]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${Math.ceil(title) + 60},60)`,
    },
    children: [...start, ...state.states.map((child) => nodeOf(child, direction))],
  }
}

function edgesOf(graph: Graph): ReadonlyArray<ElkExtendedEdge> {
  const moves = graph.moves.map((move) => {
    const lines = labelLines(move)
    const width = Math.ceil(Math.max(...lines.map((line) => textWidth(line, LABEL_PX)))) + 8
    return {
      id: move.id,
      sources: [move.from],
      targets: [move.to],
      labels: [{ text: lines.join("\n"), width, height: lines.length * LINE_HEIGHT }],
      layoutOptions: { "elk.edgeLabels.inline": "false" },
    }
  })
  const starts = [...graph.states.values()]
    .filter((state) => state.initial !== null && state.states.length > 0)
    .map((state) => ({
      id: `enter:${state.id}`,
      sources: [`start:${state.id}`],
      targets: [state.initial ?? ""],
    }))
  return [...starts, ...moves]
}

/** A hundredth of a pixel is enough, and packs well. */
const rounded = (x: number | undefined): number => Math.round((x ?? 0) * 100) / 100

const boxOf = ({ x, y, width, height }: Partial<Box>): Box => ({
  x: rounded(x),
  y: rounded(y),
  width: rounded(width),
  height: rounded(height),
})

function moveOf(edge: ElkExtendedEdge): MoveLayout {
  const points = (edge.sections ?? []).flatMap((section) => [
    section.startPoint,
    ...(section.bendPoints ?? []),
    section.endPoint,
  ])
  const label = edge.labels?.[0]
  return {
    points: points.map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })),
    label: label?.x === undefined || label.y === undefined ? null : boxOf(label),
  }
}

async function layOut(elk: ELK, graph: Graph, direction: Direction): Promise<ChartLayout> {
  const laid: ElkNode = await elk.layout({
    id: "page",
    layoutOptions: {
      ...ORTHOGONAL,
      "elk.direction": direction,
      "elk.padding": "[top=8,left=8,bottom=8,right=8]",
    },
    children: [
      ...(graph.root.initial === null ? [] : [{ id: `start:${graph.root.id}`, width: START, height: START }]),
      ...graph.root.states.map((state) => nodeOf(state, direction)),
    ],
    edges: [...edgesOf(graph)],
  })
  const boxes: Record<string, Box> = {}
  const starts: Record<string, Point> = {}
  const moves: Record<string, MoveLayout> = {}
  const startMoves: Record<string, MoveLayout> = {}
  const visit = (node: ElkNode): void => {
    const box = boxOf(node)
    if (node.id.startsWith("start:")) {
      starts[node.id.slice(6)] = { x: box.x + START / 2, y: box.y + START / 2 }
    } else if (node !== laid) boxes[node.id] = box
    for (const edge of node.edges ?? []) {
      if (edge.id.startsWith("enter:")) startMoves[edge.id.slice(6)] = moveOf(edge)
      else moves[edge.id] = moveOf(edge)
    }
    node.children?.forEach(visit)
  }
  visit(laid)
  const { width, height } = boxOf(laid)
  return { width, height, boxes, starts, startMoves, moves }
}

/** Every chart of the library, by its name. */
export async function chartLayouts(): Promise<Readonly<Record<string, ChartLayouts>>> {
  const elk = new elkjs.default()
  const layouts: Record<string, ChartLayouts> = {}
  for (const machine of machineDefinitions()) {
    const graph = graphOf(machine)
    layouts[machine.name] = [await layOut(elk, graph, "DOWN"), await layOut(elk, graph, "RIGHT")]
  }
  return layouts
}

/** Fills in the layouts where the page has a file for them. */
export const withChartLayouts: Plugin = {
  name: "arqon-statecharts",
  load: async (id) =>
    id.endsWith("/statechart/layouts.ts")
      ? `export const layouts = JSON.parse(${JSON.stringify(JSON.stringify(await chartLayouts()))})`
      : null,
}
