/**
 * A host to judge the life cycle from outside: eight numbers that learn, sockets, and blueprints of which some are honest and some are
 * not. Alone, its numbers take a course that depends on nothing that is planted, so a twin without grafts tells whether one left a trace.
 */
import type { Figures, Host, Mode, Planting, Socket } from "../../../src/morph/contracts/Host.ts"
import type { GraftStateName } from "../../../src/morph/contracts/enums.ts"

/** What a blueprint does; what is not named is as an honest one has it. */
interface Character {
  /** How much of the loss it takes away once it has learnt. */
  readonly worth?: number
  readonly ready?: boolean
  readonly identityError?: number
  readonly quarantineFinite?: number
  /** What it does wrong after so many epochs of learning on its branch. */
  readonly nanAfter?: number
  readonly explodes?: boolean
  /** It writes into the host during its backward pass. */
  readonly writes?: boolean
  readonly harmsAtAlpha?: number
  readonly fades?: boolean
  readonly drift?: number
  readonly slowMs?: number
  /** It makes the whole worse, epoch by epoch. */
  readonly sours?: boolean
  /** It changes when it is paused and resumed. */
  readonly forgets?: boolean
  /** A figure that is missing every so many boundaries. */
  readonly gap?: number
}

export const HONEST: Readonly<Record<string, Character>> = {
  honest: {},
  modest: { worth: 0.06 },
  patchy: { gap: 4 },
}

export const FAULTY: Readonly<Record<string, Character>> = {
  useless: { worth: 0 },
  slight: { worth: 0.004 },
  nan: { nanAfter: 3 },
  lateNan: { nanAfter: 14 },
  exploding: { explodes: true },
  leakTail: { writes: true },
  endless: { ready: false },
  notIdentity: { identityError: 1e-7 },
  overflow: { quarantineFinite: 0 },
  harmful: { harmsAtAlpha: 0.6 },
  fading: { fades: true },
  drifting: { drift: 0.3 },
  slow: { slowMs: 40 },
  souring: { sours: true },
  forgetful: { forgets: true },
}

interface Planted {
  readonly planting: Planting
  readonly character: Character
  mode: Mode
  alpha: number
  skill: number
  epochs: number
  wholeEpochs: number
  violations: number
  norm: number
}

const SIZE = 8

export class ToyHost implements Host {
  readonly numbers = Float64Array.from({ length: SIZE }, (_, i) => Math.sin(i + 1))
  readonly planted = new Map<string, Planted>()
  readonly snapshots = new Map<string, Float64Array>()
  readonly names: Array<string>
  /** Every call of the life cycle, as text. */
  readonly calls: Array<string> = []
  epochs = 0
  private tried: Character | null = null

  constructor(sockets: ReadonlyArray<string> = ["a", "b"]) {
    this.names = [...sockets]
  }

  readonly sockets = (): ReadonlyArray<Socket> => this.names.map((name) => ({ name, shape: [SIZE] }))

  /** One epoch: the host learns, and each graft as its mode has it. */
  train(): void {
    this.epochs++
    const { numbers } = this
    for (let i = 0; i < SIZE; i++)
      numbers[i] += 0.05 * (1 - numbers[i]) + 0.001 * Math.sin(this.epochs * (i + 2))
    for (const one of this.planted.values()) {
      one.violations = 0
      if (one.mode === "host" || one.mode === "shadow") continue
      one.epochs++
      one.skill += 0.25 * (1 - one.skill)
      one.norm = one.character.explodes === true ? 4 ** one.epochs : 1
      if (one.mode === "whole") {
        one.wholeEpochs++
        // Host and graft learn together: the host is not what it would have been alone.
        for (let i = 0; i < SIZE; i++) numbers[i] += 0.01 * one.skill
      } else if (one.character.writes === true) this.caught(one)
    }
  }

  /** The host's words are compared around the graft's backward pass; what was written is put back. */
  private caught(one: Planted): void {
    const before = this.numbers.slice()
    this.numbers[3] += 1e-9
    if (this.numbers.every((word, i) => Object.is(word, before[i]))) return
    one.violations++
    this.numbers.set(before)
  }

  /** Loss on held-out data, of the host alone. */
  get loss(): number {
    return 0.4 + this.numbers.reduce((sum, word) => sum + (1 - word) ** 2, 0) / SIZE
  }

  private lossWith({ character, skill, alpha, mode, wholeEpochs }: Planted): number {
    const { worth = 0.4, harmsAtAlpha = 2, fades, sours } = character
    const share = mode === "mixed" ? alpha : 1
    const gone = fades === true && mode === "shadow"
    const harm =
      (mode === "mixed" && alpha > harmsAtAlpha ? 0.5 : 0) + (sours === true ? 0.3 * wholeEpochs : 0)
    return this.loss * (1 - share * worth * (gone ? 0 : skill) + harm)
  }

  readonly measure = (socket: string, state: GraftStateName): Figures => {
    const one = this.planted.get(socket)
    if (state === "dormant") return this.quarantined()
    if (state === "resetting")
      return { sliceWords: one === undefined ? 0 : 1, registryEntries: 0, counters: 0, cached: 0 }
    if (one === undefined) throw new Error(`nothing is planted in ${socket}`)
    if (state === "germinated") return { ready: one.character.ready === false ? 0 : 1 }
    const { nanAfter = Infinity, gap = 0, drift = 0.02, slowMs = 2, forgets } = one.character
    const isMissing = gap > 0 && this.epochs % gap === 0
    return {
      finite: one.epochs > nanAfter ? 0 : 1,
      violations: one.violations,
      gradientNorm: one.norm,
      clippedShare: 0,
      lossWith: isMissing ? undefined : this.lossWith(one),
      lossWithout: this.loss,
      boundaryP95Ms: slowMs,
      drift,
      scale: 1.1,
      resumeEqual: forgets === true ? 0 : 1,
      panics: 0,
    }
  }

  private quarantined(): Figures {
    const { identityError = 0, quarantineFinite = 1 } = this.tried ?? {}
    return {
      available: this.tried === null ? 0 : 1,
      inBounds: 1,
      arenaShare: 0.1,
      quarantineFinite,
      quarantineShape: 1,
      quarantineMs: 1,
      identityError,
    }
  }

  readonly quarantine = (socket: string, { blueprint }: Planting): void => {
    this.calls.push(`quarantine ${socket}`)
    this.tried = HONEST[blueprint] ?? FAULTY[blueprint] ?? null
  }

  readonly plant = (socket: string, planting: Planting): void => {
    this.calls.push(`plant ${socket}`)
    const character = HONEST[planting.blueprint] ?? FAULTY[planting.blueprint] ?? {}
    const fresh = {
      mode: "host",
      alpha: 0,
      skill: 0,
      epochs: 0,
      wholeEpochs: 0,
      violations: 0,
      norm: 1,
    } as const
    this.planted.set(socket, { planting, character, ...fresh })
  }

  readonly mode = (socket: string, mode: Mode, alpha: number): void => {
    this.calls.push(`${mode} ${socket}`)
    const one = this.planted.get(socket)
    if (one !== undefined) Object.assign(one, { mode, alpha })
  }

  readonly snapshot = (socket: string): void => {
    this.calls.push(`snapshot ${socket}`)
    this.snapshots.set(socket, this.numbers.slice())
  }

  readonly restore = (socket: string): void => {
    this.calls.push(`restore ${socket}`)
    this.numbers.set(this.snapshots.get(socket) ?? this.numbers)
  }

  readonly keep = (socket: string): void => {
    this.calls.push(`keep ${socket}`)
    this.names.push(`${socket}'`)
  }

  readonly remove = (socket: string): void => {
    this.calls.push(`remove ${socket}`)
    this.planted.delete(socket)
  }
}
