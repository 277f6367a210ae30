/** A graft's life for tests: figures that pass each gate, and the ways into each state. */
import type { Figures, Planting } from "../../../src/morph/contracts/Host.ts"
import type { GraftEvent } from "../../../src/morph/grafting/graftEvents.ts"
import { type GraftInput, type GraftLife, newLife } from "../../../src/morph/grafting/GraftLife.ts"
import { lived, type Step } from "../../../src/morph/grafting/lived.ts"
import { type GraftState, LIFE } from "../../../src/morph/grafting/transitions.ts"

export const PLANTING: Planting = {
  graft: "g1",
  blueprint: "residualMlp",
  parameters: { width: 32 },
  operator: "residual",
  owner: "ada",
}

const WELL: Figures = { finite: 1, violations: 0, lossWith: 0.5, lossWithout: 1 }

/** What lets each state's gate pass, if the counts of the stay allow it. */
export const PASSING: Readonly<Partial<Record<GraftState, Figures>>> = {
  dormant: {
    available: 1,
    inBounds: 1,
    arenaShare: 0.1,
    quarantineFinite: 1,
    quarantineShape: 1,
    quarantineMs: 3,
    identityError: 0,
  },
  germinated: { ready: 1 },
  training: { ...WELL, gradientNorm: 1, clippedShare: 0 },
  blending: { ...WELL, boundaryP95Ms: 4 },
  shadowing: { ...WELL, drift: 0.02, scale: 1.1, resumeEqual: 1 },
  probationary: { ...WELL, panics: 0 },
  resetting: { sliceWords: 0, registryEntries: 0, counters: 0, cached: 0 },
}

export const germinate: GraftEvent = { type: "germinate", planting: PLANTING, why: "a plateau" }

/** The events that lead into a state, one after the other. */
export function* wayTo(state: GraftState, at: () => GraftLife): Generator<GraftEvent> {
  for (let boundary = at().boundary + 1; at().state !== state; boundary++) {
    const { state: now, request, closing } = at()
    if (boundary > 300) throw new Error(`it is ${now}, not ${state}`)
    if (state === "terminated" && !closing) yield { type: "terminate", why: "over" }
    else if (now === "dormant" && request === null && !closing) yield germinate
    if (now === "probationary" && state === "fossilized" && request === null)
      yield { type: "fossilize", why: "it is better" }
    const ends = ["culled", "embargoed", "resetting"].includes(state)
    if (ends && now === "training" && request === null) yield { type: "cull", why: "enough" }
    yield { type: "boundary", boundary, figures: PASSING[now] ?? {} }
  }
}

/** A life that remembers all its steps. */
export class LifeRig {
  life: GraftLife
  readonly steps: Array<Step> = []

  constructor(input: Partial<GraftInput> = {}) {
    this.life = newLife({ slot: "hidden1", ...input })
  }

  send(event: GraftEvent): this {
    const step = lived(this.life, event)
    this.steps.push(step)
    this.life = step.life
    return this
  }

  /** One boundary with figures that pass, unless others are given; or with others only. */
  pass(over: Figures = {}, only?: Figures): this {
    const figures = only ?? { ...PASSING[this.life.state], ...over }
    return this.send({ type: "boundary", boundary: this.life.boundary + 1, figures })
  }

  to(state: GraftState): this {
    for (const event of wayTo(state, () => this.life)) this.send(event)
    return this
  }

  get acts(): ReadonlyArray<string> {
    return this.steps.flatMap(({ acts }) =>
      acts.map((one) => (one.act === "mode" ? `${one.mode} ${one.alpha}` : one.act)),
    )
  }

  get moves(): ReadonlyArray<string> {
    return this.steps.flatMap(({ move }) => (move === null ? [] : [`${move.from} ${move.to}`]))
  }
}

/** Every pair that the table allows. */
export const ALLOWED: ReadonlySet<string> = new Set(
  LIFE.flatMap(({ state, next }) => next.map((to) => `${state} ${to}`)),
)
