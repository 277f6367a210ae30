/** The ROC curve as a picture that reads on light and dark paper. */

interface Point {
  readonly strictness: number
  readonly falseShare: number
  readonly foundShare: number
}

const SIZE = 320
const LEFT = 56
const TOP = 24
const WIDTH = 460
const HEIGHT = 400

const x = (share: number): number => LEFT + SIZE * share
const y = (share: number): number => TOP + SIZE * (1 - share)
const text = (atX: number, atY: number, what: string, anchor = "middle"): string =>
  `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" text-anchor="${anchor}">${what}</text>`

export function rocPicture(points: ReadonlyArray<Point>): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  const grid = ticks
    .map(
      (t) =>
        `<path class="grid" d="M${x(t)} ${y(0)}V${y(1)}M${x(0)} ${y(t)}H${x(1)}"/>` +
        text(x(t), y(0) + 18, `${100 * t} %`) +
        text(x(0) - 8, y(t) + 4, `${100 * t} %`, "end"),
    )
    .join("")
  const curve = points.map(
    ({ falseShare, foundShare }) => `${x(falseShare).toFixed(1)} ${y(foundShare).toFixed(1)}`,
  )
  const marks = points
    .map(({ strictness, falseShare, foundShare }) => {
      const used = strictness === 1
      return `<circle class="${used ? "used" : "mark"}" cx="${x(falseShare).toFixed(1)}" cy="${y(foundShare).toFixed(1)}" r="${used ? 6 : 3.5}"><title>thresholds times ${strictness}</title></circle>`
    })
    .join("")
  const used = points.find(({ strictness }) => strictness === 1)
  const label =
    used === undefined
      ? ""
      : text(x(used.falseShare) + 14, y(used.foundShare) + 52, "the engine's thresholds", "start")
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="ROC of the stability latch: share of faults found over share of runs without a fault that would have tripped">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #d0d7de; fill: none }
.curve { stroke: #0969da; stroke-width: 2; fill: none; stroke-linejoin: round }
.mark { fill: #0969da }
.used { fill: #1a7f37; stroke: #ffffff; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .curve { stroke: #4493f8 }
  .mark { fill: #4493f8 }
  .used { fill: #3fb950; stroke: #0d1117 }
}
</style>
${grid}<path class="curve" d="M${curve.join("L")}"/>${marks}${label}${text(x(0.5), y(0) + 42, "runs without a fault that would have tripped")}
<text transform="rotate(-90)" x="${-(TOP + SIZE / 2)}" y="14" text-anchor="middle">faults found</text>
</svg>
`
}
