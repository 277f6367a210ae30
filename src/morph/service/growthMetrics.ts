/** Metrics of a growing host under OpenTelemetry names, and as a page for Prometheus. They are counted as boundaries come, and read on request. */
import type { Metric, Sample } from "../../engine/metrics/Metric.ts"
import { prometheusText } from "../../engine/metrics/prometheus.ts"
import { GRAFT_STATES } from "../contracts/enums.ts"
import { GROWTH_MODES } from "../grafting/growthMode.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { DriverView } from "./Driver.ts"

/** Upper bounds of the boundary's time, seconds; 18 ms is what it may take. */
const BOUNDS_S = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.018, 0.05, 0.1]

export class GrowthCounts {
  replacements = 0
  private last: GrowthBoundary | null = null
  private rollbacks = 0
  private readonly commands = { done: 0, refused: 0 }
  /** Of the policy. */
  private readonly proposals = { done: 0, refused: 0 }
  private readonly moves = new Map<string, number>()
  private readonly times = BOUNDS_S.map(() => 0).concat(0)
  private sumS = 0
  private count = 0

  boundary(boundary: GrowthBoundary): void {
    const { moves, rolledBackTo, proposal, refusal, boundaryMs } = boundary
    this.last = boundary
    if (rolledBackTo !== null) this.rollbacks++
    if (proposal !== null) this.proposals[refusal === null ? "done" : "refused"]++
    for (const { to } of moves) this.moves.set(to, (this.moves.get(to) ?? 0) + 1)
    const seconds = boundaryMs / 1000
    const at = BOUNDS_S.findIndex((bound) => seconds <= bound)
    this.times[at < 0 ? BOUNDS_S.length : at]++
    this.sumS += seconds
    this.count++
  }

  command(isDone: boolean): void {
    this.commands[isDone ? "done" : "refused"]++
  }

  /** Always in the same order. What was never measured is left out. */
  read({ epoch, mode, sockets, parameters }: DriverView): ReadonlyArray<Metric> {
    const { last, times, sumS: sum, count } = this
    const metric =
      (kind: "counter" | "gauge") =>
      (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
        kind,
        name: `arqon.growth.${name}`,
        unit: "",
        help,
        samples,
      })
    const gauge = metric("gauge")
    const counter = metric("counter")
    const each = (label: string, values: Readonly<Record<string, number>>): ReadonlyArray<Sample> =>
      Object.entries(values).map(([word, value]) => ({ labels: { [label]: word }, value }))
    const states = Object.fromEntries(
      GRAFT_STATES.slice(1).map((state) => [state, sockets.filter((one) => one.state === state).length]),
    )
    return [
      gauge("epoch", "Epochs trained.", one(epoch)),
      gauge("parameters", "Numbers that are part of the host.", one(parameters)),
      gauge(
        "mode",
        "1 for the mode that the host is in.",
        each("mode", Object.fromEntries(GROWTH_MODES.map((word) => [word, word === mode ? 1 : 0]))),
      ),
      gauge("sockets", "Sockets by the state of what is in them.", each("state", states)),
      ...(last === null
        ? []
        : [
            gauge(
              "loss",
              "Held-out loss at the last boundary: of what answers, and of the host alone.",
              each("of", { answer: last.loss, host: last.hostLoss }),
            ),
            gauge("training_loss", "Mean loss of the last epoch's steps.", one(last.trainingLoss)),
          ]),
      ...(last === null || last.accuracy === null
        ? []
        : [gauge("accuracy", "Share of held-out rows that are right, 0 to 1.", one(last.accuracy))]),
      counter(
        "moves",
        "Transitions of grafts, by the state they led to.",
        each("to", Object.fromEntries(this.moves)),
      ),
      counter("commands", "Commands of people, by what became of them.", each("result", this.commands)),
      counter(
        "proposals",
        "Proposals of the policy, by what became of them.",
        each("result", this.proposals),
      ),
      counter("rollbacks", "Rollbacks by the governor.", one(this.rollbacks)),
      counter("replacements", "Hot threads that hung or died and were replaced.", one(this.replacements)),
      {
        kind: "histogram",
        name: "arqon.growth.boundary",
        unit: "s",
        help: "How long a boundary took.",
        histogram: { bounds: BOUNDS_S, counts: times, sum, count },
      },
    ]
  }

  page(view: DriverView): string {
    return prometheusText(this.read(view))
  }
}

const one = (value: number): ReadonlyArray<Sample> => [{ labels: {}, value }]
