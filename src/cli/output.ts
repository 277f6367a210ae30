/** What the command writes, and how it looks: colours only where someone looks at them and has not asked for none. */
import { plainText } from "../system/plainText.ts"

type Stream = { readonly isTTY?: boolean }

export const print = (text: string): void => {
  process.stdout.write(`${shownOn(process.stdout, text)}\n`)
}

/** For notes and progress: stdout belongs to results. */
export const note = (text: string): void => {
  process.stderr.write(`${shownOn(process.stderr, text)}\n`)
}

export const printError = (message: string): void =>
  note(`${stylesFor(process.stderr).bad("error:")} ${message}`)

export const printWarning = (message: string): void =>
  note(`${stylesFor(process.stderr).warn("warning:")} ${message}`)

type Paint = (text: string) => string

/** Paints by meaning. */
export interface Styles {
  readonly colours: boolean
  readonly strong: Paint
  readonly dim: Paint
  readonly good: Paint
  readonly warn: Paint
  readonly bad: Paint
  readonly live: Paint
  readonly title: Paint
}

const CODES = { strong: "1", dim: "2", good: "32", warn: "33", bad: "31", live: "36", title: "1;34" } as const

const OWN = new RegExp(`(\\u001b\\[(?:0|${Object.values(CODES).join("|")})m|[\\n\\t])`)
const LINES = /([\n\t])/

/**
 * A text without what a terminal could take for an instruction, own colours and ends of lines excepted: names, reasons and paths
 * in it are of others' making, and can at most colour themselves where colours are shown.
 */
export const shownOn = (stream: Stream, text: string): string =>
  text
    .split(hasColours(stream) ? OWN : LINES)
    .map((part, i) => (i % 2 === 1 ? part : plainText(part)))
    .join("")

export function makeStyles(colours: boolean): Styles {
  const paint =
    (code: string): Paint =>
    (text) =>
      colours && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text
  return {
    colours,
    strong: paint(CODES.strong),
    dim: paint(CODES.dim),
    good: paint(CODES.good),
    warn: paint(CODES.warn),
    bad: paint(CODES.bad),
    live: paint(CODES.live),
    title: paint(CODES.title),
  }
}

/** https://no-color.org and FORCE_COLOR are heeded. */
export function hasColours(stream: Stream): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: term } = process.env
  if (none !== undefined && none !== "") return false
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false"
  return stream.isTTY === true && term !== "dumb"
}

export const stylesFor = (stream: Stream): Styles => makeStyles(hasColours(stream))

/** A number for people: six digits, no trailing zeros. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** A parameter for people. */
export const valueText = (value: unknown): string =>
  typeof value === "number" ? numberText(value) : typeof value === "string" ? value : JSON.stringify(value)
