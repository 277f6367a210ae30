/**
 * Written rules, a row for each, for engines that have some: where it stands, by how much it holds or fails, its last violation, and its
 * margin over time beside the line that it must not fall below.
 */
import type { RuleAction, RuleStatus } from "../../../domain/Rule.ts"
import type { EngineEntry } from "../../protocol/protocol.ts"
import { followReplay, nowOf } from "../chart/moment.ts"
import { timeChart } from "../chart/timeChart.ts"
import type { Scope } from "../core/cell.ts"
import { h, keyed, mark, type Row, say } from "../core/dom.ts"
import { clock, counted, figure, isolated } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { marginUnit, type MarginUnit, type RuleRow, ruleRows } from "../core/ruleRows.ts"

const HEIGHT = 76

type Tone = "live" | "safe" | "trip" | null

const STATUS: Readonly<Record<RuleStatus, readonly [string, Tone]>> = {
  pending: ["not judged yet", null],
  holds: ["holds", "live"],
  unknown: ["unknown", "safe"],
  violated: ["violated", "trip"],
}

const ACTS: Readonly<Record<RuleAction, string>> = {
  trip: "A violation opens SafeMode.",
  rollback: "A violation brings the baseline back.",
  warn: "A violation is only reported.",
}

export function rulesCard(model: Model, scope: Scope, engine: EngineEntry): HTMLElement {
  const whole = h("span", { class: "tag" })
  const list = h("ul", { class: "rule-list" })
  let rows: ReadonlyArray<RuleRow> = []
  const show = keyed<RuleRow>(
    list,
    ({ name }) => name,
    (row) => ruleRow(model, scope, engine, row, rows.indexOf(row)),
  )
  const card = h(
    "section",
    { class: "card rules", "aria-label": "Rules" },
    h("header", {}, h("h2", {}, "Rules"), whole),
    list,
    h(
      "ul",
      { class: "legend small soft", "aria-label": "Lines" },
      h("li", {}, h("span", { class: "swatch margin" }), "margin: how far the rule holds"),
      h("li", {}, h("span", { class: "swatch", "data-tone": "trip" }), "below 0 it is violated"),
    ),
  )
  const { value: replay } = model.replay
  scope.watch([model.snapshot, model.records, ...(replay === null ? [] : [replay.loaded])], () => {
    const { value: snapshot } = model.snapshot
    // Only a recording may have no snapshot for good.
    const known = snapshot !== null || replay?.loaded.value === true
    rows = known ? ruleRows(engine, snapshot, model.records.value) : []
    card.hidden = rows.length === 0
    show(rows)
    const [text, tone] = wholeOf(rows)
    say(whole, text)
    mark(whole, "data-tone", tone)
  })
  return card
}

/** All rules in two words: the worst there is. */
function wholeOf(rows: ReadonlyArray<RuleRow>): readonly [string, Tone] {
  const count = (status: RuleStatus): number => rows.filter((row) => standing(row) === status).length
  for (const status of ["violated", "unknown", "pending"] as const)
    if (count(status) > 0)
      return [`${count(status)} of ${rows.length} ${STATUS[status][0]}`, STATUS[status][1]]
  return [rows.length === 1 ? "holds" : `all ${rows.length} hold`, "live"]
}

/** A rule whose readings have been missing for too long counts as violated. */
const standing = ({ status, sinceUs }: RuleRow): RuleStatus =>
  status === "unknown" && sinceUs !== null ? "violated" : status

const textOf = ({ scale, unit }: MarginUnit, margin: number | null): string =>
  margin === null ? "–" : `${figure(margin * scale)}${isolated(unit)}`

function ruleRow(
  model: Model,
  scope: Scope,
  engine: EngineEntry,
  rule: RuleRow,
  place: number,
): Row<RuleRow> {
  const { name, formula, onViolation, channels } = rule
  const unit = marginUnit(channels, engine)
  const status = h("span", { class: "tag" })
  const margin = h("span", { class: "number" })
  const side = h("span", { class: "small soft" })
  const last = h("p", { class: "small soft" })
  const shield = h("p", { class: "small soft" })
  const warning = h("p", { class: "small soft" })
  const title = name === formula ? h("code", { class: "mono" }, isolated(name)) : isolated(name)
  return {
    element: h(
      "li",
      { class: "rule" },
      h(
        "div",
        { class: "says" },
        h("div", { class: "head" }, h("h3", {}, title), status),
        name === formula ? null : h("code", { class: "mono small soft" }, isolated(formula)),
        h("p", { class: "small soft" }, ACTS[onViolation]),
        last,
        shield,
        warning,
      ),
      h("p", { class: "now" }, margin, " ", side),
      marginChart(model, scope, name, unit, place),
    ),
    update: (row) => {
      const now = standing(row)
      const [text, tone] = STATUS[now]
      say(status, now === "violated" && row.sinceUs !== null ? `violated since ${clock(row.sinceUs)}` : text)
      mark(status, "data-tone", tone)
      say(margin, textOf(unit, row.margin))
      mark(margin, "data-tone", row.margin !== null && row.margin < 0 ? "trip" : null)
      say(side, row.margin === null ? "nothing is known" : row.margin < 0 ? "short of it" : "to spare")
      say(last, lastOf(row))
      say(shield, shieldOf(row))
      shield.hidden = row.shield === undefined
      say(warning, warningOf(row))
      warning.hidden = row.warning === undefined
      mark(warning, "data-tone", row.warning?.warns === true ? "trip" : null)
    },
  }
}

function lastOf({ name, status, violations, last, lastUs }: RuleRow): string {
  if (last === null || lastUs === null) return status === "pending" ? "" : "Never violated."
  const times = violations === null ? "Violated" : `Violated ${counted(violations, "time")}`
  return `${times}, last at ${clock(lastUs)}. ${withoutName(name, last)}.`
}

const withoutName = (name: string, text: string): string =>
  text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text

function shieldOf({ name, shield }: RuleRow): string {
  if (shield === undefined) return ""
  const { status, clipped, last, lastUs } = shield
  const now = status === "lost" ? "Shield: no move keeps the rule from here. " : "Shield: "
  if (last === null || lastUs === null) return `${now}every proposal was permitted.`
  return `${now}${counted(clipped, "proposal")} clipped, last at ${clock(lastUs)}. ${withoutName(name, last)}.`
}

const percentOf = (share: number): string =>
  share < 0.01 ? "below 1\u00a0%" : `of ${Math.round(100 * share)}\u00a0%`

function warningOf({ warning }: RuleRow): string {
  if (warning === undefined) return ""
  const { probability, horizon, warns, warnings } = warning
  const within = `within ${counted(horizon, "digest")}`
  if (probability === null) return `Early warning: nothing can be told yet of a violation ${within}.`
  const now = `${warns ? "It warns: a" : "A"} violation ${within} has a probability ${percentOf(probability)}`
  return `${now}; it has warned ${counted(warnings, "time")}.`
}

function marginChart(
  model: Model,
  scope: Scope,
  name: string,
  { scale, unit }: MarginUnit,
  place: number,
): HTMLElement | null {
  const { value: track } = model.track
  if (track === null) return null
  // Records alone tell of a few moments.
  const few = model.snapshot.value === null
  const chart = timeChart({
    label: `Margin of ${isolated(name)} over time${unit === "" ? "" : ` in${unit.replace("/", " per ")}`}`,
    height: HEIGHT,
    track,
    changed: model.track,
    axes: false,
    limit: 0,
    nowUs: () => nowOf(model),
    cursorUs: () => model.replay.value?.atUs.value ?? null,
    figure: (value) => `${figure(value)}${isolated(unit)}`,
    lines: [
      {
        name: "margin",
        values: (of) => (of.margins[place] ?? []).map((one) => (one === null ? null : one * scale)),
        color: "--series-1",
        below: "--trip-line",
        fill: true,
        spans: few,
        points: few,
      },
    ],
  })
  scope.add(chart.close)
  followReplay(model, scope, chart.update)
  return chart.element
}
