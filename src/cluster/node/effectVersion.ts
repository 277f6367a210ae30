/**
 * Which Effect a cluster runs on. `effect/cluster`, `effect/workflow` and `effect/sql` are unstable: what is relied on is tested against one
 * range (`test/cluster/contract.test.ts`), and runners of one cluster speak its messages with each other. Another one is refused before
 * anything begins.
 */
import { createRequire } from "node:module"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { attempt } from "../../domain/readInput.ts"

/** The range in which a cluster is known to work, as a package manager has it. */
const RANGE = ">=4.1.0 <4.2"

/** What is wrong with this version of Effect; null where it cannot be told which it is, and nothing is wrong then. */
export function effectProblems(version: string | null): ReadonlyArray<Problem> {
  const [, major, minor, patch, more = ""] = /^(\d+)\.(\d+)\.(\d+)(.*)$/.exec(version ?? "") ?? []
  if (major === undefined) return []
  const tried = major === "4" && minor === "1" && !(patch === "0" && more.startsWith("-"))
  return tried
    ? []
    : [
        problem(
          ["effect"],
          `must be ${RANGE} for a cluster, and ${version} is installed.`,
          `Run: npm install "effect@${RANGE}"`,
        ),
      ]
}

/** The version that this process has loaded; null where nobody says. */
export function effectVersion(): string | null {
  const found: unknown = attempt(() => createRequire(import.meta.url)("effect/package.json"))
  return typeof found === "object" && found !== null && "version" in found ? String(found.version) : null
}
