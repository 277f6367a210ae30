/** The metrics of an engine's rules, a series for each rule. */
import type { RuleState } from "../../domain/Rule.ts"
import type { Metric } from "../metrics/Metric.ts"

type Row = readonly [
  kind: "counter" | "gauge",
  name: string,
  help: string,
  read: (state: RuleState) => number | null | undefined,
]

const ROWS: ReadonlyArray<Row> = [
  ["counter", "arqon.rule.violation", "Violations of a rule.", ({ violations }) => violations],
  ["gauge", "arqon.rule.margin", "How far a rule holds; below 0 it is violated.", ({ margin }) => margin],
  [
    "counter",
    "arqon.rule.clipped",
    "Proposals that a rule's shield clipped.",
    ({ shield }) => shield?.clipped,
  ],
  ["counter", "arqon.rule.warning", "Early warnings of a rule.", ({ warning }) => warning?.warnings],
  [
    "gauge",
    "arqon.rule.probability",
    "Probability that a rule is violated within the horizon of its early warning.",
    ({ warning }) => warning?.probability,
  ],
]

/** Without what no rule has. */
export const ruleMetrics = (states: ReadonlyArray<RuleState>): ReadonlyArray<Metric> =>
  ROWS.flatMap(([kind, name, help, read]) => {
    const having = states.filter((state) => read(state) !== undefined)
    const samples = having.flatMap((state) => {
      const value = read(state)
      return typeof value === "number" ? [{ labels: { rule: state.name }, value }] : []
    })
    return having.length === 0 ? [] : [{ kind, name, unit: "" as const, help, samples }]
  })
