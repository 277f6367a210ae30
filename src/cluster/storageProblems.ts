/** What everything that takes a storage refuses in its place. */
import type { Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"

/** That `storage` is one, and not the url or the path of one. What was given is not shown: a url may hold a password. */
export const storageProblems = (storage: unknown): ReadonlyArray<Problem> =>
  typeof storage === "object" && storage !== null && "connect" in storage && "name" in storage
    ? []
    : [problem(["storage"], "must be a storage.", "Give sqlite(file) or postgres({ url }) of arqon/cluster.")]
