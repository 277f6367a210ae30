/**
 * The schema of a solver's configuration, field by field, with what people and editors are told about each. `SolverConfig.ts`
 * adds what no single field can show; one needs this file to see what is allowed, or to make examples or a JSON Schema.
 */
import * as Schema from "effect/Schema"
import { MAX_SEED } from "../domain/Units.ts"
import { above0, between, optional, SCHEMA_VERSION, text, whole } from "./fields.ts"

export const MAX_BUDGET = 1_000_000
export const MAX_DIMENSIONS = 1024
export const MAX_CHOICES = 1024

export const SCALES = ["linear", "log", "periodic"] as const
/** The same as the seeds' own files write them. */
export const UPSTREAM_SCALES = { Linear: "linear", Log: "log", Periodic: "periodic" } as const
export const PROBE_METHODS = ["auto", "kronecker", "sobol"] as const
export const OBJECTIVES = ["minimize", "maximize"] as const

export const ParamValueSchema = Schema.Union([Schema.Finite, text(1024), Schema.Boolean])

const scaleSchema = <const L extends ReadonlyArray<string>>(literals: L) =>
  optional(
    Schema.Literals(literals).annotate({
      description:
        "What distance means: differences (linear), ratios (log, min above 0) or a circle on which max is min again (periodic).",
      default: "linear",
    }),
  )

const numericFields = {
  min: Schema.Finite.annotate({ description: "Smallest value, in the parameter's own units." }),
  max: Schema.Finite.annotate({ description: "Largest value, in the parameter's own units." }),
  step: optional(
    above0.annotate({
      description:
        "Distance between allowed values, counted from min, in the parameter's own units; whole numbers: 1. Continuous when left out.",
    }),
  ),
}

/** A number within bounds, after the seeds' spelling of scales has been read. */
export const NumericSchema = Schema.Struct({ ...numericFields, scale: scaleSchema(SCALES) })

export const ChoicesSchema = Schema.Struct({
  choices: Schema.Array(ParamValueSchema)
    .check(
      Schema.makeFilter((list: ReadonlyArray<unknown>) => list.length >= 2 && list.length <= MAX_CHOICES, {
        expected: `a list of 2 to ${MAX_CHOICES} values`,
        toJsonSchema: () => ({ minItems: 2, maxItems: MAX_CHOICES, uniqueItems: true }),
      }),
    )
    .annotate({ description: "The values, without an order. No two are the same." }),
})

export const SwitchSchema = Schema.Struct({
  type: Schema.Literal("boolean").annotate({ description: "True or false." }),
})

/** Every spelling of a dimension that is read. */
const DimensionSchema = Schema.Union([
  Schema.Struct({
    ...numericFields,
    scale: scaleSchema([...SCALES, "Linear", "Log", "Periodic"]),
  }).annotate({ title: "Number", description: "A number within bounds." }),
  ChoicesSchema.annotate({ title: "Choice", description: "One of several values." }),
  SwitchSchema.annotate({ title: "Switch", description: "True or false." }),
])

const Probe = Schema.Struct({
  method: optional(
    Schema.Literals(PROBE_METHODS).annotate({
      description:
        "Sequence of the probe's points. auto takes the one that spreads better for the number of points and dimensions.",
      default: "auto",
    }),
  ),
  spice: optional(
    between(0, 1).annotate({
      description: "Share of the probe's points that are drawn uniformly instead of from the sequence.",
      default: 0,
    }),
  ),
})

/** Everything but `bounds`, which is checked dimension by dimension. */
export const plainFields = {
  $schema: optional(Schema.String.annotate({ description: "For editors; not read." })),
  schema_version: optional(
    whole(1, SCHEMA_VERSION).annotate({
      description: "Version of this format.",
      default: SCHEMA_VERSION,
    }),
  ),
  seed: optional(
    whole(0, MAX_SEED).annotate({
      description: "Draws every random number: the same seed and the same answers give the same run.",
      default: 0,
    }),
  ),
  budget: whole(1, MAX_BUDGET).annotate({
    description: "Evaluations of the whole run, probe, failures and repeats included.",
  }),
  objective: optional(
    Schema.Literals(OBJECTIVES).annotate({ description: "Which way is better.", default: "minimize" }),
  ),
  probe_ratio: optional(
    between(0, 1).annotate({
      description:
        "Share of the budget that the probe takes, at least one evaluation. Left out: a tenth of the budget, but 6 to 15 evaluations.",
    }),
  ),
  probe: optional(Probe.annotate({ description: "How the probe chooses its points." })),
  batch_size: optional(
    whole(1, MAX_BUDGET).annotate({
      description:
        "Points that an ask without a number gives. Left out: all points that need no earlier answer.",
    }),
  ),
  strategy: optional(
    Schema.String.annotate({
      description: "Name of the refinement strategy; auto selects by the classification.",
      default: "auto",
    }),
  ),
  strategy_params: optional(
    Schema.Record(Schema.String, Schema.Finite).annotate({
      description:
        "Options of the strategy by name; what it does not know has no effect and is warned about.",
    }),
  ),
  /** Options of the live engine, which the seeds' files carry: read with a warning, without effect. */
  max_delta: Schema.optional(Schema.Unknown),
  cooldown_steps: Schema.optional(Schema.Unknown),
}

/** The whole configuration, as a user writes it. */
export const SolverConfigSchema = Schema.Struct({
  ...plainFields,
  bounds: Schema.Record(Schema.String, DimensionSchema)
    .check(
      Schema.makeFilter(
        (bounds: Readonly<Record<string, unknown>>) => {
          const count = Object.keys(bounds).length
          return count >= 1 && count <= MAX_DIMENSIONS
        },
        {
          expected: `an object of 1 to ${MAX_DIMENSIONS} parameters`,
          toJsonSchema: () => ({
            minProperties: 1,
            maxProperties: MAX_DIMENSIONS,
            propertyNames: { maxLength: 128, pattern: "^\\S(.*\\S)?$", not: { const: "__proto__" } },
          }),
        },
      ),
    )
    .annotate({ description: "The parameters by name, each with what it may be." }),
}).annotate({
  identifier: "SolverConfig",
  title: "Arqon solver configuration",
  description:
    "What an offline search may try, and for how long. docs/reference/solver-files.md tells all of it.",
})
