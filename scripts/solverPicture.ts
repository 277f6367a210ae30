/**
 * Draws docs/images/solver.svg from a real run: where the solver looked, over the landscape it looked at, and how far it
 * got by when. Run after a build: `node scripts/solverPicture.ts`. The picture follows the reader's light or dark scheme.
 */
import { writeFileSync } from "node:fs"
import { createSolver, type HistoryEntry } from "arqon"
import { HeightMap, type Point } from "./contours.ts"

/** A bent valley, lowest at (1.1, 0.54), where it is 0. */
const height = (x: number, y: number): number => {
  const across = y - 0.45 * x * x
  const along = x - 1.1
  return 1.6 * across * across + along * along
}
const area = { left: -2.4, right: 2.4, bottom: -1.6, top: 3.2 }
const budget = 45

const solver = createSolver({
  seed: 12,
  budget,
  bounds: { x: { min: area.left, max: area.right }, y: { min: area.bottom, max: area.top } },
})
for (let batch; (batch = solver.ask()) !== null; )
  solver.tell(batch.map((params) => ({ params, value: height(params.x, params.y) })))

const MAP = { x: 24, y: 24, size: 452 }
const CHART = { x: 566, y: 292, width: 306, height: 176 }
const WIDTH = 900
const HEIGHT = 500
const LEVELS = 15
/** The chart's lowest decade. */
const LOWEST = -16

const round = (n: number): string => String(Number(n.toFixed(1)))
const px = (x: number): number => MAP.x + (MAP.size * (x - area.left)) / (area.right - area.left)
const py = (y: number): number => MAP.y + (MAP.size * (area.top - y)) / (area.top - area.bottom)
const place = ({ params }: HistoryEntry): Point => [px(Number(params.x)), py(Number(params.y))]

type Kind = "probe" | "repeat" | "stencil" | "step" | "geometry"
const kindOf = ({ decision }: HistoryEntry): Kind =>
  decision === "probe" || decision === "repeat" || decision === "stencil" || decision === "geometry"
    ? decision
    : "step"

const mark = (kind: Kind | "best", [x, y]: Point, scale = 1): string => {
  const at = `cx="${round(x)}" cy="${round(y)}"`
  const box = (half: number, turn: string): string =>
    `<rect class="${kind}" x="${round(x - half)}" y="${round(y - half)}" width="${round(2 * half)}" height="${round(2 * half)}"${turn}/>`
  switch (kind) {
    case "probe":
      return `<circle class="probe" ${at} r="${round(5.5 * scale)}"/>`
    case "best":
      return `<circle class="best" ${at} r="${round(11 * scale)}"/>`
    case "repeat":
      return `<circle class="repeat" ${at} r="${round(9.5 * scale)}"/>`
    case "stencil":
      return box(4.2 * scale, "")
    case "geometry":
      return box(3 * scale, ` transform="rotate(45 ${round(x)} ${round(y)})"`)
    case "step":
      return `<circle class="step" ${at} r="${round(4.4 * scale)}"/>`
  }
}

const landscape = (): string => {
  const map = new HeightMap(height, area, 120)
  const levels = Array.from({ length: LEVELS }, (_, k) => 0.05 * 1.62 ** k)
  return levels
    .toReversed()
    .map((level) => {
      const loops = map
        .loops(level)
        .map((loop) => `M${loop.map(([x, y]) => `${round(px(x))} ${round(py(y))}`).join("L")}Z`)
      return `<path d="${loops.join("")}"/>`
    })
    .join("\n")
}

/** From each best so far to the next: the way down. */
const way = (): string => {
  let lowest = Number.POSITIVE_INFINITY
  const points = solver.history.flatMap((entry) => {
    if (entry.value === null || entry.value > lowest) return []
    lowest = entry.value
    // Before the repeat there is no descent, only luck.
    return entry.decision === "probe" ? [] : [place(entry).map(round).join(" ")]
  })
  return `<path class="way" d="M${points.join("L")}"/>`
}

/** The box that the quadratic model is trusted in at first: .3 of the space around the best probe point. */
const firstBox = (): string => {
  const centre = solver.history.find((entry) => entry.decision === "repeat")
  if (centre === undefined) return ""
  const [x, y] = place(centre)
  const half = 0.3 * MAP.size
  return `<rect class="box" x="${round(x - half)}" y="${round(y - half)}" width="${round(2 * half)}" height="${round(2 * half)}"/>`
}

const chartX = (evaluation: number): number => CHART.x + (CHART.width * (evaluation + 0.5)) / budget
const chartY = (value: number): number => {
  const decade = Math.max(LOWEST, Math.log10(Math.max(value, 1e-300)))
  return CHART.y + (CHART.height * (2 - decade)) / (2 - LOWEST)
}

const chart = (): string => {
  let lowest = Number.POSITIVE_INFINITY
  const bests = solver.history.map((entry, i) => {
    lowest = Math.min(lowest, entry.value ?? lowest)
    return `${round(chartX(i))} ${round(chartY(lowest))}`
  })
  const decades = [2, 0, -4, -8, -12, -16].map((decade) => {
    const y = round(chartY(10 ** decade))
    const label =
      decade === 2 ? "100" : decade === 0 ? "1" : `10<tspan dy="-5" font-size="9">${decade}</tspan>`
    return `<path class="rule" d="M${CHART.x} ${y}H${CHART.x + CHART.width}"/><text class="tick" x="${CHART.x - 10}" y="${Number(y) + 4}" text-anchor="end">${label}</text>`
  })
  const phases = (["probe", "classify", "refine"] as const).map((phase) => {
    const ids = solver.history.flatMap((entry, i) => (entry.phase === phase ? [i] : []))
    const from = chartX(ids[0] - 0.5)
    const to = chartX(ids[ids.length - 1] + 0.5)
    const line =
      phase === "probe"
        ? ""
        : `<path class="border" d="M${round(from)} ${CHART.y}V${CHART.y + CHART.height}"/>`
    return `${line}<text class="tick" x="${round((from + to) / 2)}" y="${CHART.y + CHART.height + 18}" text-anchor="middle">${phase}</text>`
  })
  const marks = solver.history.map((entry, i) =>
    mark(kindOf(entry), [chartX(i), chartY(entry.value ?? 1)], 0.55),
  )
  return [...decades, ...phases, `<path class="way" d="M${bests.join("L")}"/>`, ...marks].join("\n")
}

const legend = (): string => {
  const rows: ReadonlyArray<readonly [Kind | "best", string]> = [
    ["probe", "probe: spread over the space, the centre first"],
    ["repeat", "the best of them, read again: is there noise?"],
    ["stencil", "first points of the quadratic model, in a box"],
    ["step", "where the model is lowest within its reach"],
    ["geometry", "a point that keeps the model well-shaped"],
    ["best", "the recommended point"],
  ]
  return rows
    .map(([kind, words], i) => {
      const y = 76 + 26 * i
      return `${mark(kind, [538, y], kind === "best" ? 0.8 : 1)}<text class="words" x="558" y="${y + 4.5}">${words}</text>`
    })
    .join("\n")
}

const best = solver.best
if (best === null) throw new Error("The run gave no value.")
const title = `${budget} evaluations of the solver on a bent valley: probe, stencil, steps, and the best value by evaluation`

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}">
<title>${title}</title>
<style>
:root{--ground:#f7f9fc;--ink:#1f2a37;--faint:#5b6877;--line:#cfd8e3;--land:#2f6f9f;--probe:#b45309;--stencil:#7c3aed;--step:#0f7a55;--halo:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#0f1620;--ink:#e6edf5;--faint:#97a6b6;--line:#2b3848;--land:#5fb0e6;--probe:#f5a524;--stencil:#b794ff;--step:#4ade9f;--halo:#0b1119}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{fill:var(--ground)}.head{fill:var(--ink);font-size:17px;font-weight:600}.words{fill:var(--ink);font-size:13.5px}.tick{fill:var(--faint);font-size:12px}
.land path{fill:var(--land);fill-opacity:.062;stroke:var(--land);stroke-opacity:.34;stroke-width:.8;fill-rule:evenodd;stroke-linejoin:round}
.frame{fill:none;stroke:var(--line)}.rule{stroke:var(--line);stroke-width:.8}.border{stroke:var(--line);stroke-width:.8;stroke-dasharray:2 3}
.box{fill:none;stroke:var(--stencil);stroke-opacity:.75;stroke-width:1.2;stroke-dasharray:5 5}
.way{fill:none;stroke:var(--step);stroke-width:1.6;stroke-linejoin:round;stroke-opacity:.85}
.probe{fill:var(--halo);stroke:var(--probe);stroke-width:2.2}.repeat{fill:none;stroke:var(--probe);stroke-width:1.6}
.stencil{fill:var(--stencil);stroke:var(--halo);stroke-width:1}.step{fill:var(--step);stroke:var(--halo);stroke-width:1}.geometry{fill:var(--halo);stroke:var(--step);stroke-width:1.3}
.best{stroke:var(--ink);stroke-width:1.6;fill:none}
</style>
<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="12"/>
<clipPath id="map"><rect x="${MAP.x}" y="${MAP.y}" width="${MAP.size}" height="${MAP.size}" rx="8"/></clipPath>
<g clip-path="url(#map)">
<g class="land">
${landscape()}
</g>
${firstBox()}
${way()}
${solver.history.map((entry) => mark(kindOf(entry), place(entry))).join("\n")}
${mark("best", [px(best.params.x), py(best.params.y)])}
</g>
<rect class="frame" x="${MAP.x}" y="${MAP.y}" width="${MAP.size}" height="${MAP.size}" rx="8"/>
<text class="head" x="530" y="46">Where it looked</text>
${legend()}
<text class="head" x="530" y="${CHART.y - 34}">How far it got</text>
<text class="tick" x="530" y="${CHART.y - 14}">value of each of the ${budget} evaluations, and the best so far</text>
${chart()}
</svg>
`
writeFileSync(new URL("../docs/images/solver.svg", import.meta.url), svg)
console.log(
  `wrote docs/images/solver.svg: best ${best.value.toExponential(2)}, ${solver.classification?.label}`,
)
