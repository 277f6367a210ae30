/**
 * The plant: particles that drift along a field and are drawn pixel by pixel. Its work grows with the number of particles, with the
 * pixels of the canvas and with how often the field is bent towards the pointer.
 */
import type { Values } from "./tuning.ts"

const COLUMNS = 64
const ROWS = 36
const MOST = 20_000
/** What is left of a pixel's light after a frame, in 256ths. */
const KEPT = 236
/** Frames after which a particle begins elsewhere: left alone they all end in a few bright corners. */
const LIFE = 200
/** Between two pictures for a person who asked for less motion. */
const CALM_MS = 3000

export class Scene {
  readonly canvas: HTMLCanvasElement
  /** Milliseconds that something else on the page takes from every frame. */
  burdenMs = 0
  private readonly context: CanvasRenderingContext2D
  private readonly x = new Float32Array(MOST)
  private readonly y = new Float32Array(MOST)
  private readonly angle = new Float32Array(COLUMNS * ROWS)
  private picture: ImageData | null = null
  private pointer = { x: 0.5, y: 0.5 }
  private turnedMs = Number.NEGATIVE_INFINITY
  private frames = 0
  /** Where pictures go that a person who asked for less motion is not shown: the work is the same. */
  private readonly unseen = document.createElement("canvas")
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)")
  private shownMs = Number.NEGATIVE_INFINITY

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas
    const context = canvas.getContext("2d", { alpha: false })
    if (context === null) throw new Error("this browser draws no canvas")
    this.context = context
    for (let i = 0; i < MOST; i++) {
      // A low-discrepancy scatter: the same picture at every visit.
      this.x[i] = (i * 0.754_877_666) % 1
      this.y[i] = (i * 0.569_840_296) % 1
    }
    canvas.addEventListener("pointermove", ({ clientX, clientY }) => {
      this.pointer = { x: clientX / canvas.clientWidth, y: clientY / canvas.clientHeight }
    })
  }

  /** Draws a frame with these values. */
  draw(nowMs: number, { particles, resolution, debounceMs }: Values): void {
    if (nowMs - this.turnedMs >= debounceMs) this.turn(nowMs)
    const picture = this.fade(resolution)
    this.move(picture, Math.round(particles))
    this.show(nowMs, picture)
  }

  private show(nowMs: number, picture: ImageData): void {
    if (this.calm.matches && nowMs - this.shownMs < CALM_MS) {
      this.unseen.width = picture.width
      this.unseen.height = picture.height
      this.unseen.getContext("2d")?.putImageData(picture, 0, 0)
      return
    }
    this.shownMs = nowMs
    const { canvas } = this
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width
      canvas.height = picture.height
    }
    this.context.putImageData(picture, 0, 0)
  }

  /** Bends the field towards the pointer. */
  private turn(nowMs: number): void {
    this.turnedMs = nowMs
    const { x: px, y: py } = this.pointer
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const dx = column / COLUMNS - px
        const dy = row / ROWS - py
        const swirl = Math.atan2(dy, dx) + Math.PI / 2 + 0.6 * Math.sin(9 * Math.hypot(dx, dy) - nowMs / 1400)
        this.angle[row * COLUMNS + column] = swirl
      }
    }
  }

  /** The picture of the last frame, darker; a new one where the resolution has changed. */
  private fade(resolution: number): ImageData {
    const width = Math.max(1, Math.round(this.canvas.clientWidth * resolution))
    const height = Math.max(1, Math.round(this.canvas.clientHeight * resolution))
    if (this.picture?.width !== width || this.picture.height !== height) {
      this.picture = new ImageData(width, height)
      this.picture.data.fill(255)
      for (let i = 0; i < this.picture.data.length; i++) if (i % 4 !== 3) this.picture.data[i] = 8
    }
    const { data } = this.picture
    for (let i = 0; i < data.length; i += 4) {
      data[i] = (data[i] * KEPT) >> 8
      data[i + 1] = (data[i + 1] * KEPT) >> 8
      data[i + 2] = ((data[i + 2] - 14) * KEPT) / 256 + 14
    }
    return this.picture
  }

  private move({ data, width, height }: ImageData, count: number): void {
    const { x, y, angle } = this
    const born = this.frames++ % LIFE
    for (let i = 0; i < count; i++) {
      if (i % LIFE === born) {
        x[i] = (x[i] + 0.754_877_666) % 1
        y[i] = (y[i] + 0.569_840_296) % 1
      }
      const way = angle[Math.floor(y[i] * ROWS) * COLUMNS + Math.floor(x[i] * COLUMNS)]
      const speed = 0.0008 + (i % 7) * 0.0002
      x[i] = wrapped(x[i] + Math.cos(way) * speed)
      y[i] = wrapped(y[i] + Math.sin(way) * speed * 1.7)
      const at = (Math.floor(y[i] * height) * width + Math.floor(x[i] * width)) * 4
      data[at] += 24 + (i % 5) * 20
      data[at + 1] += 64
      data[at + 2] += 120
    }
  }
}

/** On a torus; a hair below 1, which single precision would round to it. */
const wrapped = (value: number): number => Math.min(value - Math.floor(value), 0.999_999)
