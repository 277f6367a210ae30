/** Figures side by side, each under its name; a dash stands for what is not known yet. */
import { h, say } from "../core/dom.ts"

export interface Tiles {
  readonly element: HTMLElement
  /** In the order of the names. */
  readonly values: ReadonlyArray<HTMLElement>
  readonly update: (texts: ReadonlyArray<string>) => void
}

export function tilesOf(names: ReadonlyArray<string>): Tiles {
  const values = names.map(() => h("dd", {}, "–"))
  const tiles = names.map((name, i) =>
    h("div", { class: "tile" }, h("dt", { class: "small soft" }, name), values[i]),
  )
  return {
    element: h("dl", { class: "tiles" }, ...tiles),
    values,
    update: (texts) => values.forEach((value, i) => say(value, texts[i])),
  }
}
