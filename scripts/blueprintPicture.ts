/** Draws what a blueprint adds to a value, operator by operator, as an SVG. Follows the reader's light or dark scheme. */
import { type Node, shapeText, sizeOf } from "../src/morph/tensor/ir.ts"

const WIDTH = 112
const HEIGHT = 40
const COLUMN = 140
const ROW = 56
const MARGIN = 12

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; text-anchor: middle }
.small { font-size: 10px; fill: #57606a }
.value { fill: #ffffff; stroke: #0969da; stroke-width: 1.5 }
.plain { fill: #f6f8fa; stroke: #8c959f }
.learns { fill: #dafbe1; stroke: #1a7f37 }
.flow { stroke: #57606a; fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.small { fill: #9198a1 }
.value { fill: #0d1117; stroke: #4493f8 }
.plain { fill: #161b22; stroke: #656c76 }
.learns { fill: #12261e; stroke: #3fb950 }
.flow { stroke: #9198a1 }
}
`

interface Box {
  readonly node: Node
  readonly column: number
  readonly row: number
}

/** Nodes that compute something, each in the column after the last one of its inputs. */
function boxesOf(nodes: ReadonlyArray<Node>): ReadonlyMap<Node, Box> {
  const boxes = new Map<Node, Box>()
  const rows: Array<number> = []
  for (const node of nodes) {
    if (node.op === "parameter") continue
    const before = node.inputs.flatMap((input) => boxes.get(input) ?? [])
    const column = before.reduce((most, box) => Math.max(most, box.column + 1), 0)
    rows[column] = (rows[column] ?? 0) + 1
    boxes.set(node, { node, column, row: rows[column] - 1 })
  }
  return boxes
}

const placeOf = ({ column, row }: Box) => ({ x: MARGIN + column * COLUMN, y: MARGIN + row * ROW })

function boxText(box: Box): string {
  const { node } = box
  const { x, y } = placeOf(box)
  const learnt = node.inputs
    .filter(({ op }) => op === "parameter")
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const kind = node.op === "input" ? "value" : learnt > 0 ? "learns" : "plain"
  const below = `${shapeText(node.shape.slice(1))}${learnt > 0 ? `, learns ${learnt}` : ""}`
  const middle = x + WIDTH / 2
  return `<rect class="${kind}" x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="5"/>
<text x="${middle}" y="${y + 17}">${node.op === "input" ? "value" : node.op}</text>
<text class="small" x="${middle}" y="${y + 32}">${below}</text>`
}

/** From the right of one box to the left of another; one that passes columns bends below what is between. */
function flowText(from: Box, to: Box): string {
  const [a, b] = [placeOf(from), placeOf(to)]
  const [x0, y0, x1, y1] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2]
  const columns = to.column - from.column
  if (columns === 1)
    return `<path class="flow" d="M${x0} ${y0}C${x0 + 14} ${y0} ${x1 - 14} ${y1} ${x1} ${y1}"/>`
  const low = Math.max(a.y, b.y) + HEIGHT + 8
  return `<path class="flow" d="M${x0} ${y0}C${x0 + 14} ${y0} ${x0 + 6} ${low} ${x0 + 28} ${low}H${x1 - 28}C${x1 - 6} ${low} ${x1 - 14} ${y1} ${x1} ${y1}"/>`
}

/** @param nodes of a graph with one blueprint in it, in their order */
export function blueprintPicture(name: string, nodes: ReadonlyArray<Node>): string {
  const boxes = boxesOf(nodes)
  const all = [...boxes.values()]
  const most = (of: (box: Box) => number): number => Math.max(...all.map(of))
  const width = 2 * MARGIN + most(({ column }) => column) * COLUMN + WIDTH
  const height = 2 * MARGIN + most(({ row }) => row) * ROW + HEIGHT
  const flows = all.flatMap((to) =>
    [...new Set(to.node.inputs)].flatMap((input) => {
      const from = boxes.get(input)
      return from === undefined ? [] : [flowText(from, to)]
    }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What ${name} adds to a value">
<style>${STYLE}</style>
${[...flows, ...all.map(boxText)].join("\n")}
</svg>
`
}
