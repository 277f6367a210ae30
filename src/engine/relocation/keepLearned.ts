/**
 * What an engine has learned, kept beside its journal: read before the start, written whenever it changes and at the end. A file
 * that is none changes nothing: the engine begins with nothing learned and says so in its audit. Needed where `state` is given.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import { readLearned } from "../../domain/Learned.ts"
import type { LearnedHost } from "../contract/RelocationParts.ts"
import { Platform } from "../contract/Platform.ts"
import { learnedMisfit } from "./Relocations.ts"
import type { ChildSpec } from "../supervision/supervise.ts"

/** Least time between two writes. */
const REST = "1 second"

/** Recalls what was kept; why it could not be, or null. */
function takeOver(core: LearnedHost, read: Result.Result<string | null, string>): string | null {
  if (Result.isFailure(read)) return `cannot be read (${read.failure})`
  const text = read.success
  if (text === null) return null
  const kept = readLearned(text)
  if (kept === null) return "is not what an engine has learned"
  const why = learnedMisfit(kept, core.settings)
  if (why === null) core.relocations.recall(kept)
  return why
}

/** Takes over what the directory of `state` has, and gives the child that keeps it up to date. */
export const keepLearned = Effect.fnUntraced(function* (
  core: LearnedHost,
): Effect.fn.Return<ReadonlyArray<ChildSpec>> {
  const { state, homeostasis, variants, learned } = core.settings
  const { learnedFile = null } = yield* Platform
  if (state === null || learnedFile === null || (homeostasis === null && variants === null)) return []
  const { read, write, putAside } = learnedFile(state)
  // What is given by hand goes before what was kept, which is overwritten then.
  const misfit = learned === null ? takeOver(core, yield* Effect.result(read)) : null
  if (misfit !== null) {
    const aside = yield* Effect.result(putAside)
    const problem = `learned: ${state} has a file that ${misfit}:`
    if (Result.isFailure(aside)) {
      core.recovery.unreported.push(
        `${problem} started empty, and nothing is kept, because it cannot be set aside (${aside.failure})`,
      )
      return []
    }
    core.recovery.unreported.push(`${problem} set aside, started empty`)
  }
  const changed = Latch.makeUnsafe(false)
  core.relocations.changes.add(() => changed.openUnsafe())
  const save = Effect.suspend(() => {
    changed.closeUnsafe()
    return write(JSON.stringify(core.relocations.save()))
  })
  return [
    {
      name: "learned",
      run: Effect.forever(Effect.andThen(changed.await, Effect.andThen(save, Effect.sleep(REST)))),
      stop: save,
    },
  ]
})
