/**
 * Moving about in a drawing: drag, wheel with Ctrl (or a pinch), buttons and keys. It works on the viewBox, so that text
 * stays sharp; a plain wheel still scrolls the page.
 */
const CLOSEST = 4
/**
 * Labels are drawn 13 units tall. At a smaller scale than this they would stand below 11 px: then a part is shown, around what is active.
 */
const READABLE = 11 / 13

export class PanZoom {
  private readonly svg: SVGSVGElement
  private readonly width: number
  private readonly height: number
  private x = 0
  private y = 0
  /** Drawing units across. */
  private across: number
  private moved = false
  /** Whether a part is shown that nobody chose: then it goes where the active state goes. */
  private following = false
  /** Whether it still waits for a state to begin at: the chart may be drawn before anything is known to be active. */
  private waiting = false
  private readonly pointers = new Map<number, { x: number; y: number }>()

  constructor(svg: SVGSVGElement) {
    this.svg = svg
    const { width, height } = svg.viewBox.baseVal
    this.width = width
    this.height = height
    this.across = width
    svg.addEventListener("pointerdown", (event) => this.down(event))
    svg.addEventListener("pointermove", (event) => this.move(event))
    for (const end of ["pointerup", "pointercancel", "pointerleave"] as const) {
      svg.addEventListener(end, (event) => this.pointers.delete(event.pointerId))
    }
    svg.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return
        event.preventDefault()
        this.zoom(Math.exp(event.deltaY * 0.004), event)
      },
      { passive: false },
    )
  }

  /** All of it where that can be read, else the part around `about`. */
  begin(about: SVGGraphicsElement | null): void {
    this.fit()
    const scale = this.svg.clientWidth / this.across
    this.waiting = scale < READABLE && about === null
    if (scale >= READABLE || about === null) return
    this.across = this.svg.clientWidth / READABLE
    this.moved = true
    this.following = true
    this.centre(about.getBBox())
  }

  /** Goes after a state that has left what is seen, unless somebody has chosen what to look at. */
  follow(about: SVGGraphicsElement | null): void {
    if (this.waiting && !this.moved && about !== null) this.begin(about)
    if (!this.following || about === null || this.svg.clientWidth === 0) return
    const box = about.getBBox()
    const tall = (this.across * this.svg.clientHeight) / this.svg.clientWidth
    const inSight =
      box.x >= this.x &&
      box.y >= this.y &&
      box.x + box.width <= this.x + this.across &&
      box.y + box.height <= this.y + tall
    if (!inSight) this.centre(box)
  }

  private centre(box: DOMRect): void {
    const tall = (this.across * this.svg.clientHeight) / this.svg.clientWidth
    this.x = within(box.x + box.width / 2, this.across, this.width)
    this.y = within(box.y + box.height / 2, tall, this.height)
    this.show()
  }

  /** What was chosen by hand stays; what was fitted is fitted again. */
  readonly resized = (): void => {
    if (this.moved) this.show()
    else this.fit()
  }

  /** All of it, never larger than life. */
  readonly fit = (): void => {
    const { clientWidth, clientHeight } = this.svg
    if (clientWidth === 0) return
    this.moved = false
    this.following = false
    const scale = Math.min(clientWidth / this.width, clientHeight / this.height, 1.25)
    this.across = clientWidth / scale
    this.x = (this.width - this.across) / 2
    this.y = (this.height - clientHeight / scale) / 2
    this.show()
  }

  /** Makes what is seen `factor` times as large across, about a point or the middle. */
  readonly zoom = (factor: number, about?: { clientX: number; clientY: number }): void => {
    const rect = this.svg.getBoundingClientRect()
    const px = about === undefined ? 0.5 : (about.clientX - rect.left) / rect.width
    const py = about === undefined ? 0.5 : (about.clientY - rect.top) / rect.height
    const most = Math.max(this.width, this.across) * 1.5
    const across = Math.min(most, Math.max(rect.width / CLOSEST, this.across * factor))
    const tall = (rect.height / rect.width) * this.across
    const taller = (rect.height / rect.width) * across
    this.x += (this.across - across) * px
    this.y += (tall - taller) * py
    this.across = across
    this.moved = true
    this.following = false
    this.show()
  }

  readonly pan = (dx: number, dy: number): void => {
    this.x += dx * this.across
    this.y += dy * this.across
    this.moved = true
    this.following = false
    this.show()
  }

  private show(): void {
    const { clientWidth, clientHeight } = this.svg
    if (clientWidth === 0) return
    const tall = (clientHeight / clientWidth) * this.across
    this.svg.setAttribute("viewBox", `${this.x} ${this.y} ${this.across} ${tall}`)
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
  }

  private move(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId)
    if (last === undefined) return
    const now = { x: event.clientX, y: event.clientY }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point)
    const other = others[0]
    if (other === undefined) {
      const scale = 1 / this.svg.clientWidth
      this.pan((last.x - now.x) * scale, (last.y - now.y) * scale)
    } else {
      const before = Math.hypot(last.x - other.x, last.y - other.y)
      const after = Math.hypot(now.x - other.x, now.y - other.y)
      if (after > 0)
        this.zoom(before / after, { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 })
    }
    this.pointers.set(event.pointerId, now)
  }
}

/** Where what is seen begins: around a point, with no empty room where there is something to be seen. */
function within(middle: number, seen: number, whole: number): number {
  if (seen >= whole) return (whole - seen) / 2
  return Math.min(whole - seen, Math.max(0, middle - seen / 2))
}
