/** A second look at a blueprint: what is not of the tier `safe` is planted only once another person than its author has approved it. */
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem, show } from "../../domain/problems.ts"
import { personOf, samePerson } from "../../domain/samePerson.ts"
import type { Approval, Blueprint } from "./Blueprint.ts"

/**
 * The blueprint with an approval, which goes with it wherever it is given. Throws a `GrowthError` where a name or a reason is missing, or
 * its author approves it.
 */
export function approveBlueprint(blueprint: Blueprint, { by, why }: Approval): Blueprint {
  const { name, author } = blueprint
  const problems = [
    ...(typeof by === "string" && personOf(by) !== ""
      ? []
      : [problem(["by"], `must be the name of a person, not ${show(by)}.`, "Say who approves it.")]),
    ...(typeof why === "string" && why.trim() !== ""
      ? []
      : [problem(["why"], `must be a reason, not ${show(why)}.`, "Say why it may be planted.")]),
  ]
  if (problems.length === 0 && author !== undefined && samePerson(author, by))
    problems.push(
      problem(["by"], `must be another person than ${author}, who made ${name}.`, "Ask somebody."),
    )
  if (problems.length > 0) throw new GrowthError({ problems })
  return { ...blueprint, approval: { by, why } }
}
