/**
 * A server whose connections end for good. `NodeSocket` makes a writer wait for its connection to open again, as a client's does, or to
 * take more: an accepted one never opens again, and one that is gone, or whose other end stands still, takes nothing. An answer to
 * a runner that was killed or frozen would then wait for ever, and with it the stop of this runner, which waits for its answers.
 */
import type { Socket as NetSocket } from "node:net"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"

/** The other end has taken nothing of what waits to be sent for so long: the connection is cut. */
export const STALLED_MS = 5500

/** What is written after the connection has ended goes nowhere, as what was on its way did. */
function endsForGood(socket: Socket.Socket, connection: NetSocket, stalledMs: number): Socket.Socket {
  let hasEnded = false
  connection.setTimeout(stalledMs, () => {
    if (connection.writableLength > 0) connection.destroy()
  })
  const unlessEnded = <E>(write: Effect.Effect<void, E>): Effect.Effect<void, E> =>
    Effect.suspend(() => (hasEnded || !connection.writable ? Effect.void : write))
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

/** `Accepted` is what `NodeSocketServer` calls the connection that it hands to a handler. */
export const endingForGood = <Id>(
  server: SocketServer["Service"],
  Accepted: Context.Key<Id, NetSocket>,
  stalledMs = STALLED_MS,
): SocketServer["Service"] =>
  SocketServer.of({
    address: server.address,
    run: (handler) =>
      server.run((socket) =>
        Effect.flatMap(Effect.serviceOption(Accepted), (connection) =>
          handler(endsForGood(socket, Option.getOrThrow(connection), stalledMs)),
        ),
      ),
  })
