/**
 * The shape of a solver's configuration, field by field, with what people and editors are told about each. `SolverConfig.ts`
 * adds what no single field can show; one needs this file to see what is allowed, or to make examples or a JSON Schema.
 */
import { MAX_SEED } from "../domain/Units.ts"
import {
  about,
  anything,
  between,
  boolean,
  either,
  list,
  number,
  numberThat,
  object,
  oneOf,
  optional,
  optionalOrNull,
  record,
  string,
  text,
  whole,
} from "../domain/Shape.ts"
import { SCHEMA_VERSION } from "./schemaVersion.ts"

export const MAX_BUDGET = 1_000_000
export const MAX_DIMENSIONS = 1024
export const MAX_CHOICES = 1024

export const SCALES = ["linear", "log", "periodic"] as const
/** The same as the seeds' own files write them. */
export const UPSTREAM_SCALES = { Linear: "linear", Log: "log", Periodic: "periodic" } as const
export const PROBE_METHODS = ["auto", "kronecker", "sobol"] as const
export const OBJECTIVES = ["minimize", "maximize"] as const

export const ParamValueShape = either(number(), text(1024), boolean)

const scaleShape = <const L extends ReadonlyArray<string>>(literals: L) =>
  optionalOrNull(
    about(oneOf(literals), {
      description:
        "What distance means: differences (linear), ratios (log, min above 0) or a circle on which max is min again (periodic).",
      default: "linear",
    }),
  )

const numericFields = {
  min: about(number(), "Smallest value, in the parameter's own units."),
  max: about(number(), "Largest value, in the parameter's own units."),
  step: optionalOrNull(
    about(
      numberThat("a number above 0", (n) => n > 0, { exclusiveMinimum: 0 }),
      "Distance between allowed values, counted from min, in the parameter's own units; whole numbers: 1. Continuous when left out.",
    ),
  ),
}

/** A number within bounds, after the seeds' spelling of scales has been read. */
export const NumericShape = object({ ...numericFields, scale: scaleShape(SCALES) })

export const ChoicesShape = object({
  choices: about(
    list(ParamValueShape, {
      expected: `a list of 2 to ${MAX_CHOICES} values`,
      holds: ({ length }) => length >= 2 && length <= MAX_CHOICES,
      json: { minItems: 2, maxItems: MAX_CHOICES, uniqueItems: true },
    }),
    "The values, without an order. No two are the same.",
  ),
})

export const SwitchShape = object({
  type: about(oneOf(["boolean"]), "True or false."),
})

/** Every spelling of a dimension, for editors: `readBounds` finds out which one is meant, and reads it as that. */
const DimensionShape = either(
  about(
    object({
      ...numericFields,
      scale: scaleShape([...SCALES, "Linear", "Log", "Periodic"]),
    }),
    { title: "Number", description: "A number within bounds." },
  ),
  about(ChoicesShape, { title: "Choice", description: "One of several values." }),
  about(SwitchShape, { title: "Switch", description: "True or false." }),
)

const Probe = object({
  method: optionalOrNull(
    about(oneOf(PROBE_METHODS), {
      description:
        "Sequence of the probe's points. auto takes the one that spreads better for the number of points and dimensions.",
      default: "auto",
    }),
  ),
  spice: optionalOrNull(
    about(between(0, 1), {
      description: "Share of the probe's points that are drawn uniformly instead of from the sequence.",
      default: 0,
    }),
  ),
})

const LIVE = "An option of the live engine: read with a warning, without effect."

/** Everything but `bounds`, which is checked dimension by dimension. */
export const plainFields = {
  $schema: optionalOrNull(about(string(), "For editors; not read.")),
  schema_version: optionalOrNull(
    about(whole(1, SCHEMA_VERSION), {
      description: "Version of this format.",
      default: SCHEMA_VERSION,
    }),
  ),
  seed: optionalOrNull(
    about(whole(0, MAX_SEED), {
      description: "Draws every random number: the same seed and the same answers give the same run.",
      default: 0,
    }),
  ),
  budget: about(whole(1, MAX_BUDGET), "Evaluations of the whole run, probe, failures and repeats included."),
  objective: optionalOrNull(
    about(oneOf(OBJECTIVES), { description: "Which way is better.", default: "minimize" }),
  ),
  probe_ratio: optionalOrNull(
    about(
      between(0, 1),
      "Share of the budget that the probe takes, at least one evaluation. Left out: a tenth of the budget, but 6 to 15 evaluations.",
    ),
  ),
  probe: optionalOrNull(about(Probe, "How the probe chooses its points.")),
  batch_size: optionalOrNull(
    about(
      whole(1, MAX_BUDGET),
      "Points that an ask without a number gives. Left out: all points that need no earlier answer.",
    ),
  ),
  strategy: optionalOrNull(
    about(string(), {
      description: "Name of the refinement strategy; auto selects by the classification.",
      default: "auto",
    }),
  ),
  strategy_params: optionalOrNull(
    about(
      record(number()),
      "Options of the strategy by name; what it does not know has no effect and is warned about.",
    ),
  ),
  /** Options of the live engine, which the seeds' files carry: read with a warning, without effect. */
  max_delta: about(optional(anything), LIVE),
  cooldown_steps: about(optional(anything), LIVE),
}

/** The whole configuration, as a user writes it. */
export const SolverConfigShape = about(
  object({
    ...plainFields,
    bounds: about(
      record(DimensionShape, null, {
        expected: `an object of 1 to ${MAX_DIMENSIONS} parameters`,
        holds: (bounds) => {
          const count = Object.keys(bounds).length
          return count >= 1 && count <= MAX_DIMENSIONS
        },
        json: {
          minProperties: 1,
          maxProperties: MAX_DIMENSIONS,
          propertyNames: {
            type: "string",
            maxLength: 128,
            pattern: "^\\S(.*\\S)?$",
            not: { const: "__proto__" },
          },
        },
      }),
      "The parameters by name, each with what it may be.",
    ),
  }),
  {
    name: "SolverConfig",
    title: "Arqon solver configuration",
    description:
      "What an offline search may try, and for how long. docs/reference/solver-files.md describes all of it.",
  },
)
