/** Who owns a tuner and who did, as a lane over time and in words; how each of them began. */
import "../style/owners.css"
import type { OwnerSpan, TunerPage } from "../../protocol/tunerProtocol.ts"
import { CHANGES, changesText, ownerLane, runnerName } from "../chart/ownerLane.ts"
import { Cell, type Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { clock, grouped, isolated, span as lengthOf } from "../core/format.ts"
import { choice } from "../parts/listTools.ts"

/** Owners that are told in words. */
const MOST_TOLD = 20
const DAY_MS = 86_400_000
const LENGTHS = [
  ["", "All that is kept"],
  ["3600000", "Last hour"],
  ["86400000", "Last day"],
] as const

interface Told {
  readonly key: string
  readonly epoch: number
  readonly began: OwnerSpan["began"] | null
  readonly now: boolean
  readonly text: string
  readonly soft: string
}

export function ownersCard(scope: Scope, page: Cell<TunerPage | null>): HTMLElement {
  const lane = ownerLane()
  const changes = h("span", { class: "small soft owner-changes" })
  const back = new Cell(Number.POSITIVE_INFINITY)
  const length = choice("Time shown", LENGTHS, () =>
    back.set(length.value === "" ? Number.POSITIVE_INFINITY : Number(length.value)),
  )
  const list = h("ol", { class: "log owner-log", tabindex: "0", "aria-label": "Owners, newest first" })
  const show = keyed<Told>(list, ({ key }) => key, line)
  scope.watch([page, back], () => {
    if (page.value === null) return
    const { owners, nowMs } = page.value
    lane.element.hidden = owners.length === 0
    length.hidden = owners.length === 0
    say(changes, owners.length === 0 ? "" : changesText(owners))
    lane.update(owners, nowMs, back.value)
    show(toldOf(page.value))
  })
  return h(
    "section",
    { class: "card wide", "aria-label": "Owners" },
    h("header", {}, h("h2", {}, "Owners"), changes, length),
    lane.element,
    list,
  )
}

function line({ epoch }: Told) {
  const sign = h("span", { class: "sign", "aria-hidden": "true" })
  const what = h("span", { class: "what" })
  const soft = h("span", { class: "small soft line" })
  const element = h("li", {}, h("span", { class: "faint" }, sign, `epoch ${grouped(epoch)}`), what, soft)
  return {
    element,
    update: ({ began, now, text, soft: more }: Told) => {
      mark(element, "data-began", began)
      mark(element, "data-now", now)
      say(sign, began === null || began === "first" ? "" : CHANGES[began][0])
      say(what, text)
      say(soft, more)
    },
  }
}

/** The newest first. */
function toldOf({ status, owner, owners, nowMs, began }: TunerPage): ReadonlyArray<Told> {
  const { epoch } = status
  if (owner === null) {
    const text = "Owned by its own process; no other can take it over."
    return [{ key: "alone", epoch, began: null, now: true, text, soft: "" }]
  }
  const saved = owner.savedMs === null ? "never saved" : `saved ${timeOf(owner.savedMs, nowMs)}`
  return owners
    .map((one, i): Told => {
      const { runner, fromMs, untilMs } = one
      const name = isolated(runnerName(runner))
      const isNow = untilMs === null
      const times = isNow
        ? `since ${timeOf(fromMs, nowMs)}, ${saved}`
        : `${timeOf(fromMs, nowMs)} to ${endOf(one, nowMs)}`
      const dropped = isNow && one.epoch === epoch ? (began ?? "").replace(WHY, "") : ""
      const held = lengthOf(((untilMs ?? nowMs) - fromMs) * 1000)
      const gap = i === 0 ? 0 : fromMs - (owners[i - 1].untilMs ?? fromMs)
      const alone = gap < 1000 ? "" : `Nobody owned it for ${lengthOf(gap * 1000)} before.`
      return {
        key: String(one.epoch),
        epoch: one.epoch,
        began: one.began,
        now: isNow,
        text: `${name} ${times}.`,
        soft: [HOW[one.began], dropped, alone, `${isNow ? "Has owned" : "Owned"} it for ${held}.`]
          .filter((sentence) => sentence !== "")
          .join(" "),
      }
    })
    .toReversed()
    .slice(0, MOST_TOLD)
}

/** When it died, nobody knows exactly. */
const endOf = ({ seenMs, untilMs }: OwnerSpan, nowMs: number): string =>
  untilMs === null || untilMs - seenMs < 1000
    ? timeOf(untilMs ?? seenMs, nowMs)
    : `its death between ${timeOf(seenMs, nowMs)} and ${timeOf(untilMs, nowMs)}`

const HOW: Readonly<Record<OwnerSpan["began"], string>> = {
  first: "The first owner.",
  wentOn: "The one before had stopped, so it went on there.",
  baseline: "The one before had died, so it began on the baseline.",
}
/** What an owner says of its beginning starts with what `HOW` says; what it had to drop comes after that. */
const WHY = /^Its owner (has stopped|ended without saying so)\. ?/

/** The time of day, with its day where that is another one. */
function timeOf(ms: number, nowMs: number): string {
  const time = clock(ms * 1000)
  if (nowMs - ms < DAY_MS && new Date(ms).getDate() === new Date(nowMs).getDate()) return time
  return `${new Date(ms).toLocaleDateString(undefined, { month: "short", day: "numeric" })}, ${time}`
}
