/**
 * Numbers, times and names as people read them. Figures that change are set in tabular numbers and keep their width, so
 * that nothing on the page jumps.
 */

/** A true minus sign, and four significant figures at most. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  const text =
    size === 0
      ? "0"
      : size >= 1e6 || size < 1e-3
        ? value
            .toExponential(2)
            .replace(/\.?0+e/, "e")
            .replace("e+", "e")
        : size >= 1000
          ? grouped(Math.round(value))
          : trimmed(value.toPrecision(size >= 100 ? 4 : 3))
  return text.replaceAll("-", "−")
}

const trimmed = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text)

/** Whole numbers with thin spaces between thousands. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f")
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–"
  return `${figure(Math.round(share * 1000) / 10)} %`
}

/** A length of time in its two largest units. */
export function span(us: number): string {
  if (!Number.isFinite(us)) return "–"
  const seconds = Math.max(0, us / 1e6)
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

const two = (n: number): string => String(n).padStart(2, "0")

/** Before this the engine counts from its own beginning (a clock set by hand), not from 1970. */
const WALL_FROM_US = 1e15

/** The engine's own time: of day where its clock is the wall's, else since its beginning. */
export function clock(atUs: number, decimals = 0): string {
  if (!Number.isFinite(atUs)) return "–"
  if (atUs < 0) return `−${clock(-atUs, decimals)}`
  if (atUs < WALL_FROM_US) {
    const whole = Math.floor(atUs / 1e6)
    // Cut and never rounded: a moment is not told before it has come.
    const cut = Math.floor((atUs % 1e6) / 10 ** (6 - decimals))
    const part = decimals === 0 ? "" : `.${String(cut).padStart(decimals, "0")}`
    const hours = Math.floor(whole / 3600)
    const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${part}`
    return hours > 0 ? `${hours}:${rest}` : rest
  }
  const date = new Date(atUs / 1000)
  const part = decimals === 0 ? "" : `.${String(date.getMilliseconds()).padStart(3, "0").slice(0, decimals)}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${part}`
}

/** Letters written from right to left, and marks that turn the direction of whatever follows them. */
const TURNS =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A name or a note within a line of ours: whatever its direction, what stands beside it keeps its own. */
export const isolated = (text: string): string =>
  TURNS.test(text) ? `\u2068${text.replace(MARKS, "")}\u2069` : text

/** camelCase as words: what machines and records call things, for people. */
export { plainWords as words } from "../../../domain/words.ts"

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** "1 trip", "3 trips". */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : many}`
}
