/** A process that writes records until it is killed, and says after each batch up to which number they are in the database. */
import * as Effect from "effect/Effect"
import { postgres, postgresJournal } from "../../src/cluster/index.ts"
import { Stream, tunerRecords } from "./Stream.ts"

const [url, name] = process.argv.slice(2)
const stream = new Stream(await tunerRecords())
const sink = await postgresJournal({ storage: postgres({ url }), name, segmentBytes: 65_536 })
for (;;) {
  const { words, exact } = stream.next(64)
  await Effect.runPromise(sink.write(words, exact))
  process.stdout.write(`${sink.epoch} ${words[words.length - 1].seq}\n`)
}
