/**
 * A journal whose file somebody deletes while it is written. Root cause: the system goes on taking bytes for a file without a
 * name, so batches were acknowledged, synced and gone (the fault suite's "state removed").
 */
import * as Effect from "effect/Effect"
import { rmSync } from "node:fs"
import { expect, it } from "vitest"
import { drive } from "../engine/plant.ts"
import { record } from "../engine/recordedRun.ts"
import { close, open, ownFolder, segmentsIn, writeAll } from "./journalRig.ts"

const folder = ownFolder()

it("acknowledges nothing after the deletion, waiting or not, and reports it", async () => {
  const { words, records } = await record((engine) => void drive(engine, { digests: 60 }))
  const half = words.length >> 1
  const sink = await open(folder.path, { sync: "batch" })
  await writeAll(sink, { words: words.slice(0, half), records: records.slice(0, half) })
  const { syncedSeq } = sink.state()
  expect(syncedSeq).toBe(half)
  rmSync(folder.in(segmentsIn(folder.path)[0]))
  const exact = records.slice(half).map(({ numbers }) => numbers)
  const refused = await Effect.runPromise(Effect.flip(sink.write(words.slice(half), exact)))
  expect(refused).toMatchObject({ _tag: "AuditError", reason: "write" })
  expect(refused.detail).toContain(`${folder.path} is not as it was left: the file being written was deleted`)
  expect(sink.writeNow?.(words.slice(half), exact)).toMatchObject({ _tag: "AuditError", reason: "write" })
  expect(sink.state()).toMatchObject({ syncedSeq, writtenSeq: syncedSeq })
  await close(sink)
})
