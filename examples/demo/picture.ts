/**
 * Draws lines of the demo's view as an SVG: a film strip of frames that CSS moves along, without script or anything
 * loaded from elsewhere. Where animation is off or unwanted the last frame shows. Pure: lines in, text out.
 */
import { type Line, type Tone, VIEW_WIDTH } from "./view.ts"

/** Size of a character cell in SVG units; the spans are stretched onto it, so any monospaced font keeps the columns. */
const CELL_WIDTH = 8.4
const CELL_HEIGHT = 17
const MARGIN = 18
/** The last frame stays this much longer than the others. */
const LAST_FRAME_SHARE = 0.25

const colours: { readonly [tone in Tone]: string } = {
  plain: "#c9d1d9",
  dim: "#7d8590",
  strong: "#f0f6fc",
  title: "#79c0ff",
  good: "#56d364",
  warn: "#e3b341",
  bad: "#ff7b72",
  live: "#39c5cf",
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const lineSvg = (line: Line, y: number): string => {
  let column = 0
  return line
    .map(({ text, tone }) => {
      const x = MARGIN + column * CELL_WIDTH
      column += text.length
      if (text.trim() === "") return ""
      const start = text.length - text.trimStart().length
      const shown = text.trim()
      const width = (shown.length * CELL_WIDTH).toFixed(1)
      const bold = tone === "title" || tone === "strong" ? ' font-weight="bold"' : ""
      return `<text xml:space="preserve" x="${(x + start * CELL_WIDTH).toFixed(1)}" y="${y}" fill="${colours[tone]}"${bold} textLength="${width}" lengthAdjust="spacingAndGlyphs">${escape(shown)}</text>`
    })
    .join("")
}

/** One SVG showing the frames one after the other within `seconds`, then again. */
export const picture = (
  frames: ReadonlyArray<ReadonlyArray<Line>>,
  seconds: number,
  title: string,
): string => {
  const rows = Math.max(...frames.map((lines) => lines.length))
  const width = Math.ceil(VIEW_WIDTH * CELL_WIDTH + 2 * MARGIN)
  const height = rows * CELL_HEIGHT + 2 * MARGIN
  const strip = frames.map((lines, index) => {
    const texts = lines.map((line, row) =>
      lineSvg(line, index * height + MARGIN + (row + 0.75) * CELL_HEIGHT),
    )
    return `<g>${texts.join("")}</g>`
  })
  const last = frames.length - 1
  const keyframes = frames.map((_, index) => {
    const percent = last === 0 ? 0 : (index / last) * 100 * (1 - LAST_FRAME_SHARE)
    return `${percent.toFixed(2)}%{transform:translateY(${-index * height}px)}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    "<style>",
    `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}`,
    `@media (prefers-reduced-motion:no-preference){#strip{animation:play ${seconds}s steps(1,end) infinite}}`,
    `@keyframes play{${keyframes.join("")}100%{transform:translateY(${-last * height}px)}}`,
    "</style>",
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    `<g id="strip" transform="translate(0 ${-last * height})">${strip.join("\n")}</g>`,
    "</svg>",
    "",
  ].join("\n")
}
