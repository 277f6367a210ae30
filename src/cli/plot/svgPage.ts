/** What all charts as SVG are drawn on: a page that is light or dark as its surroundings are, its colours and its marks. */
import type { Titles } from "./terminalChart.ts"

export const WIDTH = 860
const FONT = `system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif`

/** Colours by name: light, then dark. */
const COLOURS = {
  back: ["#ffffff", "#0d1117"],
  ink: ["#1f2328", "#f0f6fc"],
  soft: ["#59636e", "#9198a1"],
  grid: ["#e6e9ed", "#21262d"],
  seed: ["#818b98", "#7d8590"],
  told: ["#8250df", "#bc8cff"],
  probe: ["#bc4c00", "#e3b341"],
  classify: ["#0969da", "#79c0ff"],
  refine: ["#1a7f37", "#56d364"],
  bad: ["#cf222e", "#ff7b72"],
} as const

export function page(height: number, titles: Titles, body: ReadonlyArray<string>): string {
  const rules = Object.entries(COLOURS).flatMap(([name]) => [
    `.${name}{fill:var(--${name})}`,
    `.l-${name}{stroke:var(--${name})}`,
  ])
  const variables = (which: 0 | 1): string =>
    Object.entries(COLOURS)
      .map(([name, pair]) => `--${name}:${pair[which]}`)
      .join(";")
  // A reader that knows no variables finds the light colours in the attributes.
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(`${titles.title}: ${titles.detail}`)}">`,
    `<title>${escape(`${titles.title}: ${titles.detail}`)}</title>`,
    "<style>",
    `svg{${variables(0)}}`,
    `@media (prefers-color-scheme:dark){svg{${variables(1)}}}`,
    rules.join(""),
    `text{font-family:${FONT}}.t{font-size:17px;font-weight:600}.d{font-size:13px}.n{font-size:12px;font-variant-numeric:tabular-nums}.p{font-size:12px;font-weight:600}`,
    "</style>",
    `<rect width="${WIDTH}" height="${height}" rx="10" ${fill("back")}/>`,
    `<text x="28" y="36" class="t ink" fill="${COLOURS.ink[0]}">${escape(titles.title)}</text>`,
    `<text x="28" y="57" class="d soft" fill="${COLOURS.soft[0]}">${escape(titles.detail)}</text>`,
    ...body,
    "</svg>",
    "",
  ].join("\n")
}

export type Colour = keyof typeof COLOURS

export const fill = (name: Colour): string => `class="${name}" fill="${COLOURS[name][0]}"`
export const stroke = (name: Colour): string => `class="l-${name}" stroke="${COLOURS[name][0]}" fill="none"`
export const text = (
  x: number,
  y: number,
  kind: string,
  name: Colour,
  anchor: string,
  content: string,
): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" class="${kind} ${name}" fill="${COLOURS[name][0]}" text-anchor="${anchor}">${escape(content)}</text>`

/** Left and right edge of what is drawn. */
export const LEFT = 78
export const RIGHT = WIDTH - 28

export const fixed = (x: number): string => String(Number(x.toFixed(1)))

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
