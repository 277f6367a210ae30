/**
 * Draws what each solver of the arena reaches, row by row, as an SVG: one line a function, one mark a solver, on a logarithmic
 * axis from random search down to a millionth of it. Follows the reader's light or dark scheme.
 */

export interface PictureRow {
  readonly name: string
  readonly variant: string
  readonly randomMedian: number
  readonly solvers: Readonly<Record<string, { readonly median: number }>>
}

/** Drawn in this order, so that ours, a ring, lies on top and hides nobody; shapes differ for readers who do not tell the colours apart. */
const MARKS: Readonly<Record<string, { readonly label: string; readonly shape: string }>> = {
  optunaTpe: { label: "Optuna TPE", shape: "M-4 -4L4 4M-4 4L4 -4" },
  nelderMeadMultistart: { label: "Nelder-Mead multistart", shape: "M0 -5L5 4H-5Z" },
  bobyqaMultistart: { label: "BOBYQA multistart", shape: "M-4 -4H4V4H-4Z" },
  arqon: { label: "arqon", shape: "M-6 0A6 6 0 1 0 6 0A6 6 0 1 0 -6 0Z" },
}
const TITLES: Readonly<Record<string, string>> = { o: "as they are", s: "shifted", r: "shifted and rotated" }

/** Decades of the axis, from a millionth of random search to ten times it. */
const LEAST = -6
const MOST = 1
const LINE = 18
const LEFT = 165
const PANEL = 225
const GAP = 22
const TOP = 66
const FOOT = 34

const STYLE = `
text { font: 11px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.grid { stroke: #e2e2e2 }
.line { stroke: #f0f0f0 }
.random { stroke: #999 }
.optunaTpe { stroke: #9c5fa8; stroke-width: 1.6; fill: none }
.nelderMeadMultistart { fill: #4f9a45 }
.bobyqaMultistart { fill: #e8862a }
.arqon { stroke: #1f5fbf; stroke-width: 2.4; fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #ccc }
.grid { stroke: #3a3a3a }
.line { stroke: #2b2b2b }
.random { stroke: #888 }
.optunaTpe { stroke: #c792d6 }
.nelderMeadMultistart { fill: #7cc46f }
.bobyqaMultistart { fill: #f0a35c }
.arqon { stroke: #6ea2f5 }
}`

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))

const at = (x: number, y: number): string => `translate(${x.toFixed(1)} ${y.toFixed(1)})`
const text = (x: number, y: number, words: string, rest = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${rest}>${words}</text>`
const mark = (solver: string, x: number, y: number): string =>
  `<path class="${solver}" d="${MARKS[solver].shape}" transform="${at(x, y)}"/>`

export function rowsPicture(rows: ReadonlyArray<PictureRow>): string {
  const panels = Object.keys(TITLES).map((variant) => rows.filter((row) => row.variant === variant))
  const lines = Math.max(...panels.map((panel) => panel.length))
  const height = TOP + LINE * lines + FOOT
  const width = LEFT + panels.length * (PANEL + GAP)
  const xOf = (panel: number, decade: number): number =>
    LEFT + panel * (PANEL + GAP) + ((clamp(decade, LEAST, MOST) - LEAST) / (MOST - LEAST)) * PANEL

  const legend = Object.entries(MARKS).flatMap(([solver, { label }], i) => [
    mark(solver, LEFT + 6 + i * 170, 14),
    text(LEFT + 17 + i * 170, 18, label),
  ])
  const drawn = panels.flatMap((panel, p) => {
    const decades = Array.from({ length: MOST - LEAST + 1 }, (_, i) => LEAST + i)
    return [
      text(xOf(p, LEAST), 42, TITLES[Object.keys(TITLES)[p]], ' class="title"'),
      ...decades.map(
        (decade) =>
          `<path class="${decade === 0 ? "random" : "grid"}" d="M${xOf(p, decade).toFixed(1)} ${TOP - 12}V${height - FOOT}"/>`,
      ),
      ...[-6, -4, -2, 0].map((decade) =>
        text(
          xOf(p, decade),
          height - FOOT + 16,
          decade === 0 ? "random" : decade === LEAST ? "≤1e-6" : `1e${decade}`,
          ' text-anchor="middle"',
        ),
      ),
      ...panel.flatMap((row, line) => {
        const y = TOP + line * LINE
        return [
          ...(p === 0 ? [text(LEFT - 14, y + 4, row.name.replace(/:.*/, ""), ' text-anchor="end"')] : []),
          `<path class="line" d="M${xOf(p, LEAST).toFixed(1)} ${y}H${xOf(p, MOST).toFixed(1)}"/>`,
          ...Object.keys(MARKS)
            .filter((solver) => row.solvers[solver] !== undefined)
            .map((solver) =>
              mark(
                solver,
                xOf(p, Math.log10(Math.max(1e-300, row.solvers[solver].median / row.randomMedian))),
                y,
              ),
            ),
        ]
      }),
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>True value at the recommended point as a share of random search, by function; further left is better</title>
<style>${STYLE}
</style>
${[...legend, ...drawn].join("\n")}
</svg>
`
}
