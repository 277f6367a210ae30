/**
 * How many connections a studio holds. Whoever was let in has room that nobody else can take. All others share a small one in which the
 * newest always finds a place: the oldest of whoever holds most has to go. So connections that say nothing keep nobody out, not even
 * those of another user of this machine, who has the same address.
 */
import type { Socket } from "node:net"
import { peerOf } from "./peers.ts"
import { Refusal } from "./refusal.ts"

const MOST_STRANGERS = 64
const MOST_GUESTS = 256

export class ConnectionRoom {
  /** Of nobody who was let in, oldest first, with their peers. */
  private readonly strangers = new Map<Socket, string>()
  private readonly guests = new Set<Socket>()

  enter(socket: Socket): void {
    this.strangers.set(socket, peerOf(socket.remoteAddress))
    socket.once("close", () => {
      this.strangers.delete(socket)
      this.guests.delete(socket)
    })
    if (this.strangers.size > MOST_STRANGERS) this.turnOneOut()
  }

  /** What came on it was let in, now or before. Throws a Refusal where there is no room left even for those. */
  welcome(socket: Socket): void {
    if (this.guests.has(socket) || socket.destroyed) return
    if (this.guests.size >= MOST_GUESTS) {
      throw new Refusal("tooMany", `There are ${MOST_GUESTS} connections already. Close a page.`, {
        connection: "close",
      })
    }
    this.strangers.delete(socket)
    this.guests.add(socket)
  }

  /** Ends every connection. */
  clear(): void {
    for (const socket of [...this.strangers.keys(), ...this.guests]) socket.destroy()
  }

  private turnOneOut(): void {
    const held = new Map<string, number>()
    for (const peer of this.strangers.values()) held.set(peer, (held.get(peer) ?? 0) + 1)
    const most = Math.max(...held.values())
    for (const [socket, peer] of this.strangers) {
      if (held.get(peer) !== most) continue
      this.strangers.delete(socket)
      socket.destroy()
      return
    }
  }
}
