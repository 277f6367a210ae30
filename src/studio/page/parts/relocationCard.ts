/**
 * Regimes that are remembered and the variant that is live, for engines that have either. Shown where the snapshot says so: an engine
 * without has no such card.
 */
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import type { Scope } from "../core/cell.ts"
import { h, mark, say } from "../core/dom.ts"
import { grouped, isolated } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { tilesOf } from "./tiles.ts"

type State = NonNullable<EngineSnapshot["relocation"]>

const PHASES: Readonly<Record<State["phase"], string>> = {
  watching: "at rest",
  settingOut: "setting out",
  ramping: "on the way",
  canary: "on trial",
  returning: "on the way back",
}

/** Tiles in order: what each is called, and what it shows. */
const TILES: ReadonlyArray<readonly [string, (state: State) => string]> = [
  ["Live variant", ({ variant }) => (variant === null ? "none" : isolated(variant))],
  ["On offer", ({ offered }) => grouped(offered)],
  ["Switches", ({ switches }) => grouped(switches)],
  ["Regimes", ({ regimes }) => grouped(regimes)],
  ["Kept", ({ counts }) => grouped(counts.kept ?? 0)],
  ["Given up", ({ counts }) => grouped((counts.lost ?? 0) + (counts.undecided ?? 0))],
]

export function relocationCard(model: Model, scope: Scope): HTMLElement {
  const phase = h("span", { class: "tag" })
  const tiles = tilesOf(TILES.map(([name]) => name))
  const card = h(
    "section",
    { class: "card relocation", "aria-label": "Regimes and variants" },
    h("header", {}, h("h2", {}, "Regimes and variants"), phase),
    tiles.element,
  )
  scope.watch([model.snapshot], () => {
    // Recordings of before there were any say nothing of it.
    const state = model.snapshot.value?.relocation ?? null
    card.hidden = state === null
    if (state === null) return
    say(phase, PHASES[state.phase])
    mark(phase, "data-tone", state.phase === "watching" ? null : "live")
    tiles.update(TILES.map(([, text]) => text(state)))
  })
  return card
}
