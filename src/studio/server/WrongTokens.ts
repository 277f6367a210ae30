/**
 * How many wrong tokens each peer has sent in the last minute or so. It never decides about a right one: another user of the same
 * machine has the same address, and a count that shuts out everybody at an address would be a switch in that user's hand.
 */

/** Wrong tokens of one peer in a minute before it is told to wait. */
const MOST_WRONG = 10
const MINUTE_MS = 60_000
/** Peers that are remembered. */
const MOST_PEERS = 1024

export class WrongTokens {
  /** By peer, oldest first: how many, and when they are forgotten. */
  private readonly peers = new Map<string, { count: number; readonly endsMs: number }>()

  /** Counts one, and returns how long the peer has to wait, ms; 0 while it has sent few. */
  add(peer: string, nowMs: number): number {
    let known = this.peers.get(peer)
    if (known === undefined || known.endsMs <= nowMs) {
      this.peers.delete(peer)
      if (this.peers.size >= MOST_PEERS) this.forgetOldest()
      known = { count: 0, endsMs: nowMs + MINUTE_MS }
      this.peers.set(peer, known)
    }
    known.count++
    return known.count > MOST_WRONG ? known.endsMs - nowMs : 0
  }

  private forgetOldest(): void {
    const [oldest] = this.peers.keys()
    this.peers.delete(oldest)
  }
}
