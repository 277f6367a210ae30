/** What is written to a connection that another process has ended, over real sockets: it must not be waited for. */
import { connect } from "node:net"
import { once } from "node:events"
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Writer } from "effect/socket/Socket"
import { describe, expect, it } from "vitest"
import { endingForGood } from "../../src/cluster/node/acceptedSockets.ts"

/** The writer of a connection whose other end has gone, and what came over it before. */
const afterTheEnd = Effect.gen(function* () {
  const server = endingForGood(yield* NodeSocketServer.make({ host: "127.0.0.1", port: 0 }))
  const ended = yield* Deferred.make<Writer>()
  let said = ""
  const running = yield* Effect.forkScoped(
    server.run((socket) =>
      Effect.gen(function* () {
        const writer = yield* socket.writer
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { pull } = yield* socket.reader
            for (;;) {
              for (const chunk of yield* pull) said += Buffer.from(chunk as Uint8Array).toString()
              yield* writer.write("heard")
            }
          }),
        ).pipe(Effect.ignore)
        yield* Deferred.succeed(ended, writer)
        yield* Effect.never
      }).pipe(Effect.scoped),
    ),
  )
  const { address } = server
  if (address._tag !== "InetAddressV4") throw new Error(`It listens on ${address._tag}.`)
  const client = connect({ host: "127.0.0.1", port: address.port })
  client.write("said")
  const [heard] = yield* Effect.promise(() => once(client, "data"))
  client.resetAndDestroy()
  const writer = yield* Deferred.await(ended)
  // An answer is given where nothing can interrupt it.
  yield* Effect.uninterruptible(writer.write("late"))
  yield* Effect.uninterruptible(writer.writeAll(["later"]))
  yield* Fiber.interrupt(running)
  return { heard: String(heard), said }
})

describe("a connection that was accepted", () => {
  it("carries both ways, and lets nobody wait once the other end has gone", async () => {
    expect(await Effect.runPromise(Effect.scoped(afterTheEnd))).toEqual({ heard: "heard", said: "said" })
  })
})
