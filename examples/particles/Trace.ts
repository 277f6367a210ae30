/**
 * What a frame took over the last seconds, as a line beside a dashed one for the target: whether tuning helps is to be seen here.
 * Drawn into a canvas of its own.
 */
import { TARGET_MS } from "./tuning.ts"

/** Readings across, ten a second. */
const ACROSS = 200
/** Top of the picture; what takes longer runs along it. */
const TOP_MS = 3 * TARGET_MS
const WIDTH = 600
const HEIGHT = 120

export class Trace {
  private readonly context: CanvasRenderingContext2D
  private readonly readings: Array<number> = []

  constructor(canvas: HTMLCanvasElement) {
    canvas.width = WIDTH
    canvas.height = HEIGHT
    const context = canvas.getContext("2d")
    if (context === null) throw new Error("this browser draws no canvas")
    this.context = context
  }

  push(frameMs: number): void {
    const { context, readings } = this
    readings.push(frameMs)
    if (readings.length > ACROSS) readings.shift()
    context.clearRect(0, 0, WIDTH, HEIGHT)
    context.lineJoin = "round"
    this.line([TARGET_MS, TARGET_MS], WIDTH, "rgb(255 255 255 / 45%)", [10, 10])
    this.line(readings, WIDTH / (ACROSS - 1), "#5cc8ff", [])
  }

  private line(values: ReadonlyArray<number>, step: number, colour: string, dashes: Array<number>): void {
    const { context } = this
    context.beginPath()
    values.forEach((value, i) => {
      context.lineTo(i * step, (1 - Math.min(value, TOP_MS) / TOP_MS) * (HEIGHT - 6) + 3)
    })
    context.setLineDash(dashes)
    context.strokeStyle = colour
    context.lineWidth = 4
    context.stroke()
  }
}
