/**
 * Elements by plain calls. One needs it wherever the page builds something: `h` for HTML, `svg` for SVG, `keyed` for
 * lists whose rows stay the same nodes while their content changes. No markup strings are ever parsed, so nothing that a
 * machine or a person wrote can become an element, and the page needs no inline style or script.
 */

export type Child = Node | string | number | null | undefined | false

type Listener = (event: never) => void

export interface Attributes {
  readonly class?: string
  readonly [name: string]: string | number | boolean | null | undefined | Listener
}

function dress(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === "function") element.addEventListener(name, value as unknown as EventListener)
    else element.setAttribute(name, value === true ? "" : String(value))
  }
}

const nodesOf = (children: ReadonlyArray<Child>): Array<Node | string> =>
  children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)))

/** An HTML element. A function among the attributes is a listener of that name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Child>
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  dress(element, attributes)
  element.append(...nodesOf(children))
  return element
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Child>
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag)
  dress(element, attributes)
  element.append(...nodesOf(children))
  return element
}

/** Where a pointer is on a picture, in the picture's own units. */
export function pointedAt(
  { clientX, clientY }: PointerEvent,
  picture: SVGElement,
  wide: number,
  tall: number,
): { readonly x: number; readonly y: number } {
  const { left, top, width, height } = picture.getBoundingClientRect()
  return { x: ((clientX - left) / width) * wide, y: ((clientY - top) / height) * tall }
}

/** Replaces what an element holds. */
export function fill(element: Element, ...children: ReadonlyArray<Child>): void {
  element.replaceChildren(...nodesOf(children))
}

/** Sets a text only where it differs: an unchanged node disturbs neither a selection nor a screen reader. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Sets or removes an attribute, only where it differs. */
export function mark(element: Element, name: string, value: string | boolean | null): void {
  const wanted = value === true ? "" : value === false ? null : value
  if (element.getAttribute(name) === wanted) return
  if (wanted === null) element.removeAttribute(name)
  else element.setAttribute(name, wanted)
}

export interface Row<T> {
  readonly element: HTMLElement
  readonly update: (item: T) => void
}

/** Keeps one row per key in the order given: rows that stay keep their node, and with it focus and scroll. */
export function keyed<T>(
  parent: Element,
  keyOf: (item: T) => string,
  make: (item: T) => Row<T>,
): (items: ReadonlyArray<T>) => void {
  const rows = new Map<string, Row<T>>()
  return (items) => {
    const wanted = new Set(items.map(keyOf))
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue
      row.element.remove()
      rows.delete(key)
    }
    let before: Element | null = parent.firstElementChild
    for (const item of items) {
      const key = keyOf(item)
      let row = rows.get(key)
      if (row === undefined) {
        row = make(item)
        rows.set(key, row)
      }
      row.update(item)
      if (row.element === before) before = before.nextElementSibling
      else parent.insertBefore(row.element, before)
    }
  }
}
