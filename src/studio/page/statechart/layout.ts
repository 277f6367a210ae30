/**
 * Where everything in a statechart goes: by ELK's layered layout, hierarchy included, computed in a worker so that the page
 * never stutters. The worker (half a megabyte) is fetched when the first chart is looked at, and layouts are kept: a
 * machine does not change while one looks at it.
 */
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api.js"
import workerUrl from "elkjs/lib/elk-worker.min.js?url"
import type { StateDefinition } from "../../protocol/protocol.ts"
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

export const LINE_HEIGHT = 13.5
const TITLE_BAND = 34
const STATE_HEIGHT = 42
const START = 9

/** How large a layout can be shown in a room. */
const scaleIn = ({ width, height }: ChartLayout, room: { width: number; height: number }): number =>
  Math.min(room.width / width, room.height / height)

/** Lines of a label at most, and characters in one before it is broken at a space. */
const MOST_LINES = 6
const WIDE = 28

/** Labels as they are drawn, in short lines: what does not fit is counted, and told in full beside the picture. */
export function labelLines(move: Move): ReadonlyArray<string> {
  const lines: Array<string> = []
  for (const [index, label] of move.labels.entries()) {
    const broken = brokenUp(label)
    if (lines.length + broken.length > MOST_LINES && index > 0) {
      return [...lines, `and ${move.labels.length - index} more`]
    }
    lines.push(...broken)
  }
  return lines
}

/** Between the event and its condition first, then at spaces. */
function brokenUp(text: string): ReadonlyArray<string> {
  if (text.length <= WIDE) return [text]
  const [event, guard] = text.split(" [")
  return guard === undefined ? atSpaces(text) : [...atSpaces(event), ...atSpaces(`[${guard}`)]
}

function atSpaces(text: string): ReadonlyArray<string> {
  const lines: Array<string> = [""]
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? ""
    if (last !== "" && last.length + word.length >= WIDE) lines.push(word)
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
  }
  return lines
}

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
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "12",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  // With a model order as well, ELK 0.12 fails on boxes that lead into themselves.
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
}

type Direction = "DOWN" | "RIGHT"

function nodeOf(state: StateDefinition, family: string, direction: Direction): ElkNode {
  const title = textWidth(words(state.key), `600 15px ${family}`)
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

const known = new WeakMap<Graph, Promise<ReadonlyArray<ChartLayout>>>()

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
    children: [
      ...(graph.root.initial === null ? [] : [{ id: `start:${graph.root.id}`, width: START, height: START }]),
      ...graph.root.states.map((state) => nodeOf(state, family, direction)),
    ],
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

/** The layout that can be shown largest: downwards or to the right. Both are computed once. */
export async function layoutOf(
  graph: Graph,
  room: { readonly width: number; readonly height: number },
): Promise<ChartLayout> {
  const both = known.get(graph) ?? Promise.all([compute(graph, "DOWN"), compute(graph, "RIGHT")])
  known.set(graph, both)
  const [down, right] = await both
  return scaleIn(right, room) > scaleIn(down, room) ? right : down
}
