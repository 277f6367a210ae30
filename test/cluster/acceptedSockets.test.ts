/** What is written to a connection that another process has ended, or does not read, over real sockets: it must not be waited for. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { NetSocket } from "@effect/platform-node-shared/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Reader, SocketError, Writer } from "effect/socket/Socket"
import { describe, expect, it } from "vitest"
import { endingForGood } from "../../src/cluster/node/acceptedSockets.ts"

interface Accepted {
  readonly writer: Writer
  readonly reader: Effect.Effect<Reader, SocketError, Scope.Scope>
  /** Resolves once the connection is gone. */
  readonly gone: Promise<unknown>
}

/** What a server's handler comes to with a connection, and this end of it does meanwhile. */
const served = <A>(
  handle: (accepted: Accepted) => Effect.Effect<A, SocketError, Scope.Scope>,
  other: (client: Socket) => Promise<void>,
  stalledMs?: number,
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const accepting = yield* NodeSocketServer.make({ host: "127.0.0.1", port: 0 })
        const server = endingForGood(accepting, NetSocket, stalledMs)
        const done = yield* Deferred.make<A, SocketError>()
        const running = yield* Effect.forkScoped(
          server.run((socket) =>
            Effect.gen(function* () {
              const writer = yield* socket.writer
              const connection = yield* NetSocket
              const gone = new Promise((resolve) => void connection.once("close", resolve))
              yield* Deferred.complete(
                done,
                yield* Effect.exit(handle({ writer, reader: socket.reader, gone })),
              )
            }).pipe(Effect.scoped),
          ) as Effect.Effect<never>,
        )
        const { address } = server
        if (address._tag !== "InetAddressV4") throw new Error(`It listens on ${address._tag}.`)
        const client = connect({ host: "127.0.0.1", port: address.port })
        client.on("error", () => {})
        yield* Effect.promise(() => other(client))
        const handled = yield* Deferred.await(done)
        yield* Fiber.interrupt(running)
        client.destroy()
        return handled
      }),
    ),
  )

/** An answer is given where nothing can interrupt it. */
const answers = (writer: Writer): Effect.Effect<void, SocketError> =>
  Effect.uninterruptible(Effect.andThen(writer.write("late"), writer.writeAll(["later"])))

const hangsUp = async (client: Socket): Promise<void> => {
  client.write("said")
  await once(client, "data")
  client.resetAndDestroy()
}

describe("a connection that was accepted", () => {
  it("carries both ways, and lets nobody wait once its reader has ended", async () => {
    let said = ""
    await served(
      ({ reader, writer }) =>
        Effect.gen(function* () {
          const { pull } = yield* reader
          for (;;) {
            for (const chunk of yield* pull) said += Buffer.from(chunk as Uint8Array).toString()
            yield* writer.write("heard")
          }
        }).pipe(Effect.scoped, Effect.ignore, Effect.andThen(answers(writer))),
      hangsUp,
    )
    expect(said).toBe("said")
  })

  it("lets nobody wait once the other end has gone and its reader has not seen it yet", async () => {
    const written = await served(
      ({ reader, writer, gone }) =>
        Effect.gen(function* () {
          const { pull } = yield* reader
          yield* pull
          yield* writer.write("heard")
          yield* Effect.promise(() => gone)
          yield* answers(writer)
          return "written"
        }).pipe(Effect.scoped),
      hangsUp,
    )
    expect(written).toBe("written")
  })

  it("is cut where the other end takes nothing of what waits to be sent", async () => {
    const end = await served(
      ({ reader, writer }) =>
        Effect.gen(function* () {
          yield* reader
          const parts = Array.from({ length: 64 }, () => "x".repeat(1 << 20))
          const { _tag } = yield* Effect.uninterruptible(Effect.exit(Effect.forEach(parts, writer.write)))
          // What comes after it is not waited for.
          yield* answers(writer)
          return _tag
        }).pipe(Effect.scoped),
      async (client) => {
        client.pause()
        await once(client, "connect")
      },
      100,
    )
    expect(end).toBe("Failure")
  })
})
