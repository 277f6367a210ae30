/**
 * What `homeostasis` and `variants` need and nothing else does: the relocation actor and the check of what is offered to it.
 * Apart, so that a browser fetches it only for an engine that asks for one of the two; everywhere else it is simply there.
 */
import { relocationMachine } from "../../machines/relocation.machine.ts"
import { type Regime, scoreOf } from "../control/homeostasis.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { readOffer, type SelectableVariant } from "../domain/Variant.ts"
import { keepLearned } from "./keepLearned.ts"
import { NOT_CHOSEN } from "./Relocations.ts"

export interface RelocationParts {
  readonly machine: typeof relocationMachine
  readonly scoreOf: (regime: Regime) => number
  /** What may be offered to such an engine; throws a ConfigError. */
  readonly checkOffer: (input: unknown, settings: EngineSettings) => ReadonlyArray<SelectableVariant>
  /** Takes over what a state directory has of an earlier engine, and gives the child that keeps it up to date. */
  readonly keepLearned: typeof keepLearned
}

export const relocationParts: RelocationParts = {
  machine: relocationMachine,
  scoreOf,
  checkOffer,
  keepLearned,
}

/** Variants that may be offered at a time. */
const MOST_OFFERED = 256

/** The variants as they may be offered: well-formed, few enough, and with knob values that the knobs may take. */
function checkOffer(input: unknown, { space, variants }: EngineSettings): ReadonlyArray<SelectableVariant> {
  const read = readOffer(input, ["offered"])
  if (!read.ok) throw new ConfigError({ problems: read.problems })
  const offered = read.value
  const problems = [
    ...(variants === null ? [NOT_CHOSEN] : []),
    ...(offered.length > MOST_OFFERED
      ? [problem(["offered"], `holds ${offered.length} variants.`, `Offer at most ${MOST_OFFERED}.`)]
      : []),
    ...offered.flatMap(({ name, values }) =>
      space.names.flatMap((knob, i) => {
        const value = Object.hasOwn(values, knob) ? values[knob] : undefined
        const { min, max } = space.knobs[i]
        if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return []
        return [
          problem(
            ["offered", name, knob],
            `is ${JSON.stringify(value)}, which the knob cannot be.`,
            `Give a number from ${min} to ${max}.`,
          ),
        ]
      }),
    ),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
  return offered
}
