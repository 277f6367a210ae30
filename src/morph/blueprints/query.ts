/** Finds blueprints: one by its name with all of its parameters, several by what they are, or one for a context. */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import { problemsOf, readTotally } from "../../domain/readInput.ts"
import { list, object, oneOf, optional, string, whole } from "../../domain/Shape.ts"
import { sha256 } from "../tensor/digest.ts"
import type { Shape } from "../tensor/ir.ts"
import { type Blueprint, type BlueprintParameters, readParameters, takes } from "./Blueprint.ts"
import { CATALOGUE } from "./more/all.ts"
import { UNAVAILABLE } from "./unavailable.ts"

/** What a blueprint has to be; a field that is left out asks for nothing. */
export interface BlueprintWish {
  readonly tier?: Blueprint["tier"]
  /** Of a row's value at the socket, without the batch. */
  readonly shape?: Shape
  readonly tag?: string
}

const Wish = object({
  tier: optional(oneOf(["safe", "experimental", "highRisk"])),
  shape: optional(list(whole(1, 2 ** 31))),
  tag: optional(string()),
})

const refused = (problems: ReadonlyArray<Problem>): GrowthError => new GrowthError({ problems })

/**
 * The blueprint of this name, with its parameters: those given, and the usual ones for the rest. Throws a `GrowthError` for a name that
 * is not there, with the nearest one, and for every parameter that is unknown or out of its bounds.
 */
export function findBlueprint(
  name: string,
  given: BlueprintParameters = {},
): { readonly blueprint: Blueprint; readonly parameters: BlueprintParameters } {
  const blueprint = CATALOGUE.find((one) => one.name === name)
  if (blueprint === undefined) {
    const names = CATALOGUE.map((one) => one.name)
    const why = Object.hasOwn(UNAVAILABLE, name) ? `${name} is not available: ${UNAVAILABLE[name]}.` : null
    throw refused([
      problem(["blueprint"], why ?? `There is no blueprint ${show(name)}.`, didYouMean(name, names)),
    ])
  }
  const { parameters, problems } = readParameters(blueprint, given)
  if (problems.length > 0) throw refused(problems)
  return { blueprint, parameters }
}

/** All blueprints that are as wished, sorted by name. Throws a `GrowthError` for a wish that cannot be read. */
export function findBlueprints(wish: BlueprintWish = {}): ReadonlyArray<Blueprint> {
  const problems = problemsOf(readTotally(Wish, wish))
  if (problems.length > 0) throw refused(problems)
  const { tier, shape, tag } = wish
  return CATALOGUE.filter(
    (one) =>
      (tier === undefined || one.tier === tier) &&
      (shape === undefined || takes(one, shape)) &&
      (tag === undefined || one.tags?.includes(tag) === true),
  ).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * One of those that are as wished, by a context such as the name of a host and a socket: the first 48 bits of its SHA-256 modulo their
 * number. The same context and wish give the same blueprint. Throws a `GrowthError` where none is as wished.
 */
export function chooseBlueprint(context: string, wish: BlueprintWish = {}): Blueprint {
  if (typeof context !== "string")
    throw refused([problem(["context"], `must be a text, not ${show(context)}.`, "Give a name.")])
  const found = findBlueprints(wish)
  if (found.length === 0) throw refused([problem(["wish"], "fits no blueprint.", "Wish for less.")])
  return found[Number.parseInt(sha256(context).slice(0, 12), 16) % found.length]
}
