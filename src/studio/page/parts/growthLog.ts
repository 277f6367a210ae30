/** What happened to a growing host, newest first, and what its commands did. What goes wrong while somebody looks is told at once. */
import type { GrowthOutcome, GrowthRow } from "../../protocol/growthProtocol.ts"
import type { Cell, Scope } from "../core/cell.ts"
import { fill, h } from "../core/dom.ts"
import { figure, grouped } from "../core/format.ts"
import { toast } from "./announce.ts"

/** Lines that are shown. */
const MOST = 60

export function eventsCard(
  scope: Scope,
  rows: Cell<ReadonlyArray<GrowthRow>>,
  shown: () => number,
  moment: Cell<number | null>,
  goTo: (epoch: number) => void,
): HTMLElement {
  const list = h("ul", { class: "happened" })
  scope.watch([rows, moment], () => {
    const events = rows.value
      .filter(({ epoch }) => epoch <= shown())
      .flatMap(({ epoch, notes }) => notes.map((note) => ({ epoch, ...note })))
    fill(
      list,
      ...(events.length === 0 ? [h("li", { class: "soft" }, "Nothing has happened yet.")] : []),
      ...events
        .slice(-MOST)
        .toReversed()
        .map(({ epoch, tone, text }) =>
          h(
            "li",
            { "data-tone": tone },
            h(
              "button",
              {
                class: "button small",
                "data-kind": "quiet",
                "aria-label": `Go to epoch ${epoch}`,
                click: () => goTo(epoch),
              },
              grouped(epoch),
            ),
            h("span", {}, text),
          ),
        ),
    )
  })
  return h(
    "section",
    { class: "card tall", "aria-label": "What happened" },
    h("header", {}, h("h2", {}, "What happened")),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Events" }, list),
  )
}

/** Alerts of boundaries that came while the page was open. */
export function tellAlerts(more: ReadonlyArray<GrowthRow>): void {
  for (const { epoch, notes } of more)
    for (const { tone, text } of notes) if (tone === "trip") toast(`Epoch ${epoch}: ${text}`, "trip")
}

export function reportsCard(scope: Scope, reports: Cell<ReadonlyArray<GrowthOutcome>>): HTMLElement {
  const list = h("ul", { class: "log" })
  scope.watch([reports], () =>
    fill(
      list,
      ...(reports.value.length === 0
        ? [h("li", { class: "soft" }, "No command has been measured yet.")]
        : []),
      ...reports.value
        .slice(-MOST)
        .toReversed()
        .map(({ from, to, type, outcome, before, after, blueprint, socket, why }) =>
          h(
            "li",
            {},
            h("span", { class: "small soft" }, `${from}–${to}`),
            h("span", { class: "what" }, [type, blueprint, socket].filter((part) => part !== null).join(" ")),
            h(
              "span",
              { class: "line small" },
              `${outcome}: loss ${figure(before)} to ${figure(after)}. ${why}`,
            ),
          ),
        ),
    ),
  )
  return h(
    "section",
    { class: "card", "aria-label": "Reports" },
    h("header", {}, h("h2", {}, "Reports"), h("span", { class: "small faint" }, "over three boundaries")),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Reports of commands" }, list),
  )
}
