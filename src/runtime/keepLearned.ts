/**
 * What an engine has learnt, kept beside its journal: read before the start, written whenever it changes and at the end. A file
 * that is none changes nothing: the engine begins with nothing learnt and says so in its audit. Needed where `state` is given.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { readLearned } from "../domain/Learned.ts"
import type { EngineCore } from "./EngineCore.ts"
import { Platform } from "./Platform.ts"
import { learnedMisfit } from "./Relocations.ts"
import type { ChildSpec } from "./supervise.ts"

/** Least time between two writes. */
const REST = "1 second"

/** Takes over what the directory of `state` has, and gives the child that keeps it up to date. */
export const keepLearned = Effect.fnUntraced(function* (
  core: EngineCore,
): Effect.fn.Return<ReadonlyArray<ChildSpec>> {
  const { state, homeostasis, variants, learned } = core.settings
  const { learnedFile = null } = yield* Platform
  if (state === null || learnedFile === null || (homeostasis === null && variants === null)) return []
  const { read, write, putAside } = learnedFile(state)
  const text = yield* read
  // What is given by hand goes before what was kept.
  if (text !== null && learned === null) {
    const kept = readLearned(text)
    const why = kept === null ? "is not what an engine has learnt" : learnedMisfit(kept, core.settings)
    if (kept !== null && why === null) core.relocations.recall(kept)
    else {
      yield* putAside
      core.mender.untold.push(`learned: ${state} has a file that ${why}: put aside, begun with nothing`)
    }
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
