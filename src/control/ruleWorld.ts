/** What the rules of an engine may name: channels of the digest and knobs, with their units, their ranges, and where each is read. */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
} from "../hot/codes.ts"
import type { KnobTable } from "../hot/KnobTable.ts"
import type { ChannelUnit } from "../temporal/logic/parseFormula.ts"
import type { Range } from "./ruleRange.ts"

/** What the rules of an engine may name. */
export interface RuleWorld {
  readonly extras: ReadonlyArray<string>
  readonly space: {
    readonly names: ReadonlyArray<string>
    readonly knobs: ReadonlyArray<{ readonly min: number; readonly max: number }>
    /** Where the knobs begin; absent where nothing begins. */
    readonly table?: Pick<KnobTable, "decode">
    readonly initialUnit?: ArrayLike<number>
  }
}

/** One name. The source is a place in the digest, or a knob as `-1 - id`. */
export interface Channel extends Range {
  readonly unit: ChannelUnit
  readonly source: number
}

const ANY: Range = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY }
const POSITIVE: Range = { least: 0, most: Number.POSITIVE_INFINITY }

/** Channels that every digest may have, by each name. */
const BUILT_IN: Readonly<Record<string, Channel>> = {
  objective: { unit: "number", source: DIGEST_OBJECTIVE, ...ANY },
  latencyP99Us: { unit: "us", source: DIGEST_LATENCY_P99_US, ...POSITIVE },
  p99: { unit: "us", source: DIGEST_LATENCY_P99_US, ...POSITIVE },
  throughputRps: { unit: "number", source: DIGEST_THROUGHPUT_RPS, ...POSITIVE },
  rps: { unit: "number", source: DIGEST_THROUGHPUT_RPS, ...POSITIVE },
  errorRate: { unit: "number", source: DIGEST_ERROR_RATE, least: 0, most: 1 },
  err: { unit: "number", source: DIGEST_ERROR_RATE, least: 0, most: 1 },
  constraintMargin: { unit: "number", source: DIGEST_CONSTRAINT_MARGIN, ...ANY },
}

/** The unit of a channel of the digest; an extra channel has a plain number. */
export const unitOf = (name: string): ChannelUnit =>
  Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name].unit : "number"

export function channelsIn({ extras, space }: RuleWorld): Readonly<Record<string, Channel>> {
  const knobs = space.names.map((name, i): [string, Channel] => [
    name,
    { unit: "number", source: -1 - i, least: space.knobs[i].min, most: space.knobs[i].max },
  ])
  const own = extras.map((name, i): [string, Channel] => [
    name,
    { unit: "number", source: DIGEST_EXTRA_0 + i, ...ANY },
  ])
  // A channel of the digest keeps its name; a knob of the same name is `knobs.name`.
  return Object.fromEntries([
    ...knobs,
    ...Object.entries(BUILT_IN),
    ...own,
    ...knobs.map(([name, one]) => [`knobs.${name}`, one] as const),
  ])
}
