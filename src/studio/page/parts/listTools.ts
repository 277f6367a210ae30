/** What a list that is read a page at a time has above it: choices that narrow it, and the way from page to page. */
import { h, say } from "../core/dom.ts"
import { counted, grouped } from "../core/format.ts"

/** Values with what they are called. */
export type Choices = ReadonlyArray<readonly [value: string, text: string]>

export function choice(name: string, options: Choices, changed: () => void): HTMLSelectElement {
  return h(
    "select",
    { class: "input", "aria-label": name, change: changed },
    ...options.map(([value, text]) => h("option", { value }, text)),
  )
}

export interface Pager {
  readonly element: HTMLElement
  /** Says which rows are shown, of how many in all. */
  readonly show: (page: { readonly offset: number; readonly shown: number; readonly total: number }) => void
}

/** `turn` is called with 1 for the next page and -1 for the one before; `noun` is what a row is. */
export function pager(noun: string, turn: (pages: number) => void): Pager {
  const back = h("button", { class: "button", "data-kind": "quiet", click: () => turn(-1) }, "Previous")
  const on = h("button", { class: "button", "data-kind": "quiet", click: () => turn(1) }, "Next")
  const status = h("p", { class: "small soft", role: "status" })
  return {
    element: h("div", { class: "pager" }, status, h("div", { class: "buttons" }, back, on)),
    show: ({ offset, shown, total }) => {
      const range = total > shown ? `${grouped(offset + 1)}–${grouped(offset + shown)} of ` : ""
      say(status, `${range}${counted(total, noun)}`)
      back.disabled = offset === 0
      on.disabled = offset + shown >= total
    },
  }
}
