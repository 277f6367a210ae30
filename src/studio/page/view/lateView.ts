/** A view whose code is fetched when somebody looks at it: the page stays small for those who have nothing of its kind. */
import { told } from "../core/api.ts"
import { fill, h } from "../core/dom.ts"
import type { View } from "./View.ts"

/** Closed before it came, it is closed as soon as it comes. */
export function lateView(title: string, load: () => Promise<View>): View {
  const element = h("div", {}, h("div", { class: "card shimmer", role: "status", "aria-label": "Loading" }))
  let view: View | null = null
  let over = false
  load().then(
    (loaded) => {
      view = loaded
      if (over) loaded.close()
      else fill(element, loaded.element)
    },
    (error: unknown) =>
      fill(
        element,
        h("p", { class: "card empty", role: "alert" }, `${title} could not be loaded. ${told(error)}`),
      ),
  )
  return {
    title,
    element,
    close: () => {
      over = true
      view?.close()
    },
  }
}
