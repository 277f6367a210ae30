/**
 * A server whose connections end for good once their reader does. `NodeSocket` makes a writer wait for its connection to open again, as a
 * client's does; one that was accepted never opens again. An answer to a runner that was killed would then wait for ever, and with it
 * the stop of this runner, which waits for its answers.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"

/** What is written after the connection has ended goes nowhere, as what was on its way did. */
function endsForGood(socket: Socket.Socket): Socket.Socket {
  let hasEnded = false
  const unlessEnded = <E>(write: Effect.Effect<void, E>): Effect.Effect<void, E> =>
    Effect.suspend(() => (hasEnded ? Effect.void : write))
  return Socket.make({
    reader: Effect.gen(function* () {
      const reader = yield* socket.reader
      // Added later, it is called before the connection is let go.
      yield* Scope.addFinalizer(
        yield* Effect.scope,
        Effect.sync(() => void (hasEnded = true)),
      )
      return reader
    }),
    writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
      write: (chunk) => unlessEnded(write(chunk)),
      writeAll: (chunks) => unlessEnded(writeAll(chunks)),
    })),
  })
}

export const endingForGood = (server: SocketServer["Service"]): SocketServer["Service"] =>
  SocketServer.of({
    address: server.address,
    run: (handler) => server.run((socket) => handler(endsForGood(socket))),
  })
