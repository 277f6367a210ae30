/** The options of one engine of a fleet, checked against the fleet's configuration. */
import type { EngineSettings } from "../domain/Config.ts"
import { FleetError } from "../domain/errors.ts"
import { didYouMean, show } from "../domain/problems.ts"
import type { SharedBudget } from "../hot/SharedBudget.ts"
import { seedOf } from "./seedOf.ts"

/** What one engine of a fleet may set for itself. */
export interface SpawnOptions<K extends string = string> {
  /** Initial values of its knobs, user units. Others start where the fleet's configuration says. */
  readonly initial?: { readonly [Name in K]?: number } | undefined
  /** Name of a shared budget. */
  readonly group?: string | undefined
  /** Seed of its perturbations. Default: derived from the fleet's seed and its key. */
  readonly seed?: number | undefined
}

const LONGEST_KEY = 256
const NAMES: ReadonlyArray<string> = ["initial", "group", "seed"]

function checkNames(key: string, options: unknown): void {
  const refuse = (detail: string): FleetError => new FleetError({ reason: "badInitial", key, detail })
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw refuse(`the options must be an object, got ${show(options)}.`)
  const excess = Object.keys(options).find((name) => !NAMES.includes(name))
  if (excess !== undefined)
    throw refuse(`${excess} is not an option of spawn. ${didYouMean(excess, NAMES) ?? ""}`)
}

/** Throws a FleetError if the key is taken or the fleet is full. */
export function checkRoom(cells: ReadonlyMap<unknown, unknown>, maxEngines: number, key: unknown): void {
  const name = typeof key === "string" ? key : show(key)
  if (cells.has(key)) throw new FleetError({ reason: "exists", key: name })
  if (cells.size >= maxEngines)
    throw new FleetError({ reason: "full", key: name, detail: String(maxEngines) })
}

/** The options with their defaults. Throws a FleetError for invalid ones. */
export function checkSpawn(
  settings: EngineSettings,
  budgets: ReadonlyMap<string, SharedBudget>,
  key: unknown,
  options: SpawnOptions,
): {
  readonly unit: Float64Array
  readonly shared: SharedBudget | null
  readonly group: string | null
  readonly seed: number
} {
  if (typeof key !== "string" || key === "" || key.length > LONGEST_KEY) {
    throw new FleetError({ reason: "badKey", key: show(key) })
  }
  checkNames(key, options)
  const { group = null, seed = seedOf(settings.seed, key) } = options
  const shared = group === null ? null : budgets.get(group)
  if (shared === undefined) {
    const hint = didYouMean(group ?? "", Array.from(budgets.keys()))
    throw new FleetError({ reason: "unknownGroup", key, ...(hint === null ? {} : { detail: hint }) })
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    const detail = `seed must be a whole number from 0, got ${show(seed)}.`
    throw new FleetError({ reason: "badInitial", key, detail })
  }
  return { unit: initialUnit(settings, key, options.initial ?? {}), shared, group, seed }
}

function initialUnit(
  { space }: EngineSettings,
  key: string,
  initial: NonNullable<SpawnOptions["initial"]>,
): Float64Array {
  const refuse = (detail: string): FleetError => new FleetError({ reason: "badInitial", key, detail })
  const entries = Object.entries(initial)
  if (entries.length === 0) return space.initialUnit
  const unit = space.initialUnit.slice()
  for (const [name, value] of entries) {
    const id = space.names.indexOf(name)
    if (id < 0) throw refuse(`${name} is not a knob. ${didYouMean(name, space.names) ?? ""}`.trim())
    const { min, max } = space.knobs[id]
    if (!(typeof value === "number" && value >= min && value <= max)) {
      throw refuse(`${name} must be from ${min} to ${max}, got ${show(value)}.`)
    }
    unit[id] = space.table.encode(id, value)
  }
  return unit
}
