/**
 * Where everything in a statechart goes: by ELK's layered layout, hierarchy included, computed in a worker so that the page
 * never stutters. The worker (half a megabyte) is fetched when the first chart is looked at, and layouts are kept: a
 * machine does not change while one looks at it.
 */
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api.js"
import workerUrl from "elkjs/lib/elk-worker.min.js?url"
import type { StateDefinition } from "../../node/studio/protocol.ts"
import { words } from "../core/format.ts"
import type { Graph, Move } from "./Graph.ts"

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface MoveLayout {
  readonly points: ReadonlyArray<Point>
  readonly label: Box | null
}

export interface ChartLayout {
  readonly width: number
  readonly height: number
  /** By state id. */
  readonly boxes: ReadonlyMap<string, Box>
  /** Where a compound state is entered, by its id. */
  readonly starts: ReadonlyMap<string, Point>
  readonly startMoves: ReadonlyMap<string, MoveLayout>
  /** By move id. */
  readonly moves: ReadonlyMap<string, MoveLayout>
}

export const LINE_HEIGHT = 15
const TITLE_BAND = 30
const STATE_HEIGHT = 38
const START = 9

/** Labels as they are drawn: more than three events on one arrow are counted, and told in full beside the picture. */
export function labelLines(move: Move): ReadonlyArray<string> {
  const shown = move.labels.slice(0, move.labels.length > 3 ? 2 : 3).map(shortened)
  return shown.length < move.labels.length
    ? [...shown, `and ${move.labels.length - shown.length} more`]
    : shown
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

let measure: CanvasRenderingContext2D | null = null

function textWidth(text: string, font: string): number {
  measure ??= document.createElement("canvas").getContext("2d")
  if (measure === null) return text.length * 7
  measure.font = font
  return measure.measureText(text).width
}

const ORTHOGONAL = {
  "elk.algorithm": "layered",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.spacing.nodeNode": "28",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "14",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "34",
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.edgeLabels.sideSelection": "ALWAYS_DOWN",
}

export type Direction = "DOWN" | "RIGHT"

function nodeOf(state: StateDefinition, family: string, direction: Direction): ElkNode {
  const title = textWidth(words(state.key), `600 13px ${family}`)
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
    children: [...start, ...state.states.map((child) => nodeOf(child, family, direction))],
  }
}

function edgesOf(graph: Graph, family: string): ReadonlyArray<ElkExtendedEdge> {
  const font = `500 11px ${family}`
  const moves = graph.moves.map((move) => {
    const lines = labelLines(move)
    const width = Math.ceil(Math.max(...lines.map((line) => textWidth(line, font)))) + 8
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

let engine: InstanceType<typeof ELK> | null = null

const worker = (): Worker => new Worker(workerUrl)

function read(edge: ElkExtendedEdge): MoveLayout {
  const points = (edge.sections ?? []).flatMap((section) => [
    section.startPoint,
    ...(section.bendPoints ?? []),
    section.endPoint,
  ])
  const label = edge.labels?.[0]
  const box =
    label?.x === undefined || label.y === undefined
      ? null
      : { x: label.x, y: label.y, width: label.width ?? 0, height: label.height ?? 0 }
  return { points, label: box }
}

const known = new WeakMap<Graph, Map<Direction, Promise<ChartLayout>>>()

async function compute(graph: Graph, direction: Direction): Promise<ChartLayout> {
  engine ??= new ELK({ workerFactory: worker })
  const family = getComputedStyle(document.body).fontFamily
  const page: ElkNode = {
    id: "page",
    layoutOptions: {
      ...ORTHOGONAL,
      "elk.direction": direction,
      "elk.padding": "[top=8,left=8,bottom=8,right=8]",
    },
    children: [nodeOf(graph.root, family, direction)],
    edges: [...edgesOf(graph, family)],
  }
  const laid: ElkNode = await engine.layout(page)
  const boxes = new Map<string, Box>()
  const starts = new Map<string, Point>()
  const visit = (node: ElkNode): void => {
    const box = { x: node.x ?? 0, y: node.y ?? 0, width: node.width ?? 0, height: node.height ?? 0 }
    if (node.id.startsWith("start:")) {
      starts.set(node.id.slice(6), { x: box.x + START / 2, y: box.y + START / 2 })
    } else boxes.set(node.id, box)
    node.children?.forEach(visit)
  }
  laid.children?.forEach(visit)
  const moves = new Map<string, MoveLayout>()
  const startMoves = new Map<string, MoveLayout>()
  const edges = (node: ElkNode): void => {
    for (const edge of node.edges ?? []) {
      if (edge.id.startsWith("enter:")) startMoves.set(edge.id.slice(6), read(edge))
      else moves.set(edge.id, read(edge))
    }
    node.children?.forEach(edges)
  }
  edges(laid)
  return { width: laid.width ?? 0, height: laid.height ?? 0, boxes, starts, startMoves, moves }
}

/** The layout of a chart; computed once per direction. */
export function layoutOf(graph: Graph, direction: Direction): Promise<ChartLayout> {
  const byDirection = known.get(graph) ?? new Map<Direction, Promise<ChartLayout>>()
  known.set(graph, byDirection)
  const found = byDirection.get(direction) ?? compute(graph, direction)
  byDirection.set(direction, found)
  return found
}
