/** Every engine of a fleet as one small square, coloured by what its tuning has brought: what is in trouble is seen among thousands. */
import type { FleetMap } from "../../protocol/fleetProtocol.ts"
import { Cell, type Scope } from "../core/cell.ts"
import { h, mark, say } from "../core/dom.ts"
import { counted, grouped } from "../core/format.ts"
import { shade, token } from "../core/theme.ts"

/** Squares in CSS pixels, with the gap between them. */
const LARGEST = 14
const SMALLEST = 4
const MOST_TALL = 150
/** A change this large has the full colour, per cent. */
const FULL = 50
/** Smaller ones are none, per cent. */
const NONE = 2

/** A pointer that stays so long on a square asks for its engine's key. */
const HOVER_MS = 120

/** `open` is called with the place of the engine that was pressed; `keyAt` names the one that a pointer rests on. */
export function fleetMap(
  scope: Scope,
  open: (place: number) => void,
  keyAt: (place: number) => Promise<string | null>,
): {
  readonly element: HTMLElement
  readonly update: (map: FleetMap) => void
} {
  const map = new Cell<FleetMap | null>(null)
  const canvas = h("canvas", { class: "fleet-map", role: "img" })
  const told = h("p", { class: "small soft" })
  const width = new Cell(0)
  const observer = new ResizeObserver(() => width.set(canvas.clientWidth))
  observer.observe(canvas)
  scope.add(() => observer.disconnect())
  const over = new Cell<number | null>(null)
  const key = new Cell<string | null>(null)
  let across = 1
  let size = LARGEST
  scope.watch([map, width, shade, over], () => {
    const { value } = map
    if (value === null || width.value === 0) return
    const { length } = value.gains
    size = LARGEST
    while (size > SMALLEST && Math.ceil(length / Math.floor(width.value / size)) * size > MOST_TALL) size--
    across = Math.max(1, Math.floor(width.value / size))
    const tall = Math.ceil(length / across) * size
    canvas.width = width.value * devicePixelRatio
    canvas.height = tall * devicePixelRatio
    canvas.style.height = `${tall}px`
    draw(canvas, value, across, size, over.value)
    mark(canvas, "aria-label", summaryOf(value))
  })
  scope.watch([map, over, key], () => {
    if (map.value === null) return
    say(told, over.value === null ? summaryOf(map.value) : engineOf(map.value, over.value, key.value))
  })
  const placeOf = (event: MouseEvent): number | null => {
    const rect = canvas.getBoundingClientRect()
    const column = Math.floor((event.clientX - rect.left) / size)
    const place = Math.floor((event.clientY - rect.top) / size) * across + column
    return column < across && place >= 0 && place < (map.value?.gains.length ?? 0) ? place : null
  }
  let asking: ReturnType<typeof setTimeout> | undefined
  const hover = (place: number | null): void => {
    if (place === over.value) return
    clearTimeout(asking)
    key.set(null)
    over.set(place)
    if (place === null) return
    asking = setTimeout(() => {
      // Without an answer the square has no name, and the page says elsewhere that nobody answers.
      void keyAt(place).then(
        (found) => {
          if (over.value === place) key.set(found)
        },
        () => undefined,
      )
    }, HOVER_MS)
  }
  scope.add(() => clearTimeout(asking))
  canvas.addEventListener("pointermove", (event) => hover(placeOf(event)))
  canvas.addEventListener("pointerleave", () => hover(null))
  canvas.addEventListener("click", (event) => {
    const place = placeOf(event)
    if (place !== null) open(place)
  })
  return { element: h("div", { class: "map" }, canvas, told), update: map.set.bind(map) }
}

function summaryOf({ gains, safe }: FleetMap): string {
  const known = gains.filter((gain) => gain !== null)
  const better = known.filter((gain) => gain <= -NONE).length
  const worse = known.filter((gain) => gain >= NONE).length
  return `${counted(gains.length, "engine")} against their first cycle: ${better} better, ${worse} worse, ${gains.length - better - worse} without a difference yet; ${safe.length} with SafeMode open.`
}

/** The engine at a place, in words. */
function engineOf({ gains, safe }: FleetMap, place: number, key: string | null): string {
  const gain = gains[place]
  const change =
    gain === null
      ? "no cycle completed yet"
      : Math.abs(gain) < NONE
        ? "no difference from its first cycle"
        : `${Math.abs(gain)} % ${gain < 0 ? "better" : "worse"} than in its first cycle`
  const name = key ?? `engine ${grouped(place + 1)}`
  return `${name}: ${change}${safe.includes(place) ? "; SafeMode is open" : ""}.`
}

function draw(
  canvas: HTMLCanvasElement,
  { gains, safe }: FleetMap,
  across: number,
  size: number,
  over: number | null,
): void {
  const ctx = canvas.getContext("2d")
  if (ctx === null) return
  const open = new Set(safe)
  const [none, better, worse, latched] = ["--line", "--live-line", "--safe-line", "--trip-line"].map(token)
  ctx.scale(devicePixelRatio, devicePixelRatio)
  gains.forEach((gain, place) => {
    const known = gain !== null && Math.abs(gain) >= NONE
    ctx.globalAlpha = known && !open.has(place) ? 0.3 + 0.7 * Math.min(1, Math.abs(gain) / FULL) : 1
    ctx.fillStyle = open.has(place) ? latched : !known ? none : gain < 0 ? better : worse
    ctx.fillRect((place % across) * size, Math.floor(place / across) * size, size - 1, size - 1)
  })
  ctx.globalAlpha = 1
  if (over === null) return
  ctx.strokeStyle = token("--text")
  ctx.lineWidth = 2
  ctx.strokeRect((over % across) * size, Math.floor(over / across) * size, size - 1, size - 1)
}
