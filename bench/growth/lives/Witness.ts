/**
 * What has to hold at every boundary of a random life. Beside the host there is a twin with the same seed, rows and orders for the host
 * itself, in which nothing is ever planted: as long as no graft has come past gate G3, every bit of the two has to be the same.
 */
import { isDeepStrictEqual } from "node:util"
import { embargoOf } from "../../../src/morph/grafting/lived.ts"
import { isLive, LIFE } from "../../../src/morph/grafting/transitions.ts"
import type { GrowthBoundary } from "../../../src/morph/growth/GrowthBoundary.ts"
import type { GrowthCore } from "../../../src/morph/growth/GrowthCore.ts"

const ALLOWED = new Set(LIFE.flatMap(({ state, next }) => next.map((to) => `${state} ${to}`)))

const wordsOf = (numbers: Float32Array): Uint32Array => new Uint32Array(numbers.buffer.slice(0))

export class Witness {
  readonly breaches: Array<string> = []
  readonly moves: Array<string> = []
  /** A graft has been on probation: from there the host is another one, and only what is taken back has to be as it was. */
  past = false
  private readonly life: GrowthCore
  private readonly twin: GrowthCore
  private readonly rows: Float32Array
  /** By socket: the host's bits when its graft was put on probation. */
  private readonly entered = new Map<string, string>()
  /** By socket: the boundary of its cull, and how long its embargo has to be. */
  private readonly culled = new Map<string, { readonly at: number; readonly embargo: number }>()

  constructor(life: GrowthCore, twin: GrowthCore, rows: Float32Array) {
    this.life = life
    this.twin = twin
    this.rows = rows
    const { host } = life
    const snapshot = host.snapshot.bind(host)
    host.snapshot = (socket) => {
      this.past = true
      this.entered.set(socket, host.fingerprint())
      snapshot(socket)
    }
  }

  /** @param touched the policy itself has changed the host at this boundary */
  boundary(now: GrowthBoundary, alone: GrowthBoundary, touched: boolean): void {
    this.checkMoves(now)
    const restored = now.moves.find(({ from, to }) => from === "probationary" && to === "culled")
    if (
      restored !== undefined &&
      !touched &&
      this.life.host.fingerprint() !== this.entered.get(restored.slot)
    )
      this.breach(`the cull of ${restored.slot} from its probation did not bring the host's bits back`)
    if (!this.past) this.checkTwin(now, alone)
  }

  /** The same was asked of both; null where it was carried out, else why not. */
  orders(what: string, [life, twin]: readonly [unknown, unknown]): void {
    if (!this.past && !isDeepStrictEqual(life, twin))
      this.breach(`${what}: ${String(life)} beside a graft, ${String(twin)} alone`)
  }

  /** A command that was refused has to leave everything as it was. */
  refused(what: string, before: string): void {
    if (this.standing() !== before) this.breach(`${what} was refused, and something changed`)
  }

  standing(): string {
    const { host, sockets, mode } = this.life
    return JSON.stringify([host.fingerprint(), sockets, mode, host.rates.rate])
  }

  /** Everything was culled and has had its time: nothing is left but the host and what was kept. */
  end(): void {
    const { host, sockets } = this.life
    for (const { name, state } of sockets)
      if (!["dormant", "fossilized", "terminated"].includes(state)) this.breach(`${name} ends ${state}`)
    const kept = this.moves.filter((move) => move === "probationary fossilized").length
    if (host.arena.owners.length !== 1 + kept) this.breach(`there are slices of ${host.arena.owners.join()}`)
    if (!this.past && host.fingerprint() !== this.twin.host.fingerprint())
      this.breach("the end is another one")
  }

  private checkMoves({ epoch, moves }: GrowthBoundary): void {
    const seen = new Set<string>()
    for (const { slot, from, to } of moves) {
      this.moves.push(`${from} ${to}`)
      if (!ALLOWED.has(`${from} ${to}`)) this.breach(`${slot} went from ${from} to ${to}`)
      if (seen.has(slot)) this.breach(`${slot} moved twice at boundary ${epoch}`)
      seen.add(slot)
      if (to === "embargoed")
        this.culled.set(slot, { at: epoch, embargo: embargoOf(this.life.table.lifeOf(slot)) })
      const begun = this.culled.get(slot)
      if (to === "resetting" && begun !== undefined && epoch - begun.at !== begun.embargo)
        this.breach(`the embargo of ${slot} took ${epoch - begun.at} boundaries, not ${begun.embargo}`)
    }
  }

  private checkTwin(now: GrowthBoundary, alone: GrowthBoundary): void {
    const { life, twin } = this
    const at = `at boundary ${now.epoch}`
    if (life.host.fingerprint() !== twin.host.fingerprint()) this.breach(`the host's bits differ ${at}`)
    for (const figure of ["trainingLoss", "hostLoss", "rolledBackTo", "parameters"] as const)
      if (!Object.is(now[figure], alone[figure]))
        this.breach(`${figure} is ${now[figure]} ${at}, and ${alone[figure]} alone`)
    const isMixed = life.table.lives.some(({ state, alpha }) => state === "blending" && alpha > 0)
    if (isMixed) return
    if (!Object.is(now.loss, alone.loss))
      this.breach(`the loss is ${now.loss} ${at}, and ${alone.loss} alone`)
    if (!isDeepStrictEqual(wordsOf(life.host.predict(this.rows)), wordsOf(twin.host.predict(this.rows))))
      this.breach(`the host answers with other bits ${at}`)
  }

  private breach(what: string): void {
    if (this.breaches.length < 5) this.breaches.push(what)
  }
}

/** Grafts that a person can still cull. */
export const liveIn = ({ table }: GrowthCore): ReadonlyArray<string> =>
  table.lives.filter(({ state }) => isLive(state)).map(({ slot }) => slot)
