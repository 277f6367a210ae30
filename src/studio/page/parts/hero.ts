/**
 * The first thing on the page: what tuning has brought, in one line with its unit and its uncertainty, and one sentence on what the engine is
 * doing and why. How it counts inside is one press away.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type { EngineEntry } from "../../protocol/protocol.ts"
import type { Scope } from "../core/cell.ts"
import { h, mark, say } from "../core/dom.ts"
import { grouped, isolated } from "../core/format.ts"
import { gainOf } from "../../protocol/gain.ts"
import type { Model } from "../core/Model.ts"
import { goalOf, insteadOf, isBetter, measured, nameOfObjective, shareText } from "./heroWords.ts"
import { standingNow } from "./standing.ts"
import { tilesOf } from "./tiles.ts"

const isTrip = ({ kind }: AuditRecord): boolean => kind === "safeModeEntered"

export function hero(model: Model, scope: Scope, engine: EngineEntry): HTMLElement {
  const now = h("strong", { class: "now" })
  const instead = h("span", { class: "instead" })
  const share = h("span", { class: "share" })
  const word = h("span", { class: "word" })
  const sentence = h("span", { class: "sentence" })
  const note = h("p", { class: "note" })
  const names = ["Generation", "Cycles", "Applies", "Refused", "Rollbacks", "Trips"] as const
  const tiles = tilesOf(names)
  const card = h(
    "section",
    { class: "card hero", "aria-label": "What the engine is doing" },
    h(
      "div",
      { class: "says" },
      h("p", { class: "small soft" }, `${nameOfObjective(engine)}, ${goalOf(engine)}`),
      h("p", { class: "headline" }, now, " ", instead, " ", share),
      h("p", { class: "doing" }, word, " ", sentence),
      note,
    ),
    h("details", { class: "internals" }, h("summary", { class: "small" }, "Internals"), tiles.element),
  )
  const { snapshot: shown, connection, lastWindow, track, records, atEnd } = model
  scope.watch([shown, connection, lastWindow, track, records, atEnd], () => {
    const { value: snapshot } = shown
    const standing = standingNow(model)
    const { value: line } = track
    const found = line === null ? null : gainOf(line, model.replay.value?.atUs.value ?? null)
    say(now, measured(engine, found?.now ?? lastWindow.value?.objective ?? snapshot?.guard?.level))
    say(instead, found === null ? "" : insteadOf(found))
    const told = found === null ? "" : shareText(found)
    say(share, told)
    share.hidden = told === ""
    const better = found === null ? null : isBetter(found, engine)
    mark(share, "data-tone", better === null ? null : better ? "live" : "trip")
    say(word, standing.word)
    mark(word, "data-tone", standing.tone)
    say(sentence, standing.sentence)
    const opened = snapshot?.safeMode === null ? undefined : records.value.find(isTrip)
    note.hidden = opened?.note === undefined
    say(note, opened?.note === undefined ? "" : `“${isolated(opened.note)}”`)
    mark(card, "data-tone", standing.tone)
    if (snapshot === null) return
    const { counters } = snapshot
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((all, one) => all + one, 0)
    const all = [
      snapshot.generation,
      counters.cycles,
      counters.applies,
      sum(counters.refused),
      counters.rollbacks,
      sum(counters.trips),
    ]
    tiles.update(all.map(grouped))
  })
  return card
}
