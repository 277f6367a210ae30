/** What is planted in the sockets of a neural host, and which of it is part of what. */
import type { AnyBlueprint, BlueprintParameters } from "../blueprints/Blueprint.ts"
import type { Mode, Planting } from "../contracts/Host.ts"
import type { Optimiser } from "../tensor/optimisers.ts"
import type { Insert } from "./mixed.ts"
import { HOST, type Inserts, type Network } from "./Network.ts"

/** What a graft has done in the boundary just over. */
export interface Doings {
  steps: number
  clipped: number
  norms: number
  violations: number
  finite: boolean
  /** It has broken something, and does no more in this epoch. */
  stopped: boolean
}

export const nothingDone = (): Doings => ({
  steps: 0,
  clipped: 0,
  norms: 0,
  violations: 0,
  finite: true,
  stopped: false,
})

/** What is planted in a socket. */
export interface Planted {
  readonly planting: Planting
  readonly blueprint: AnyBlueprint
  readonly parameters: BlueprintParameters
  readonly owner: number
  readonly optimiser: Optimiser
  readonly doings: Doings
  mode: Mode
  alpha: number
  /** Slices of the host and of the graft as they were when it became part of the whole. */
  snapshot: ReadonlyMap<number, Uint32Array> | null
}

export class Grafts {
  readonly bySocket = new Map<string, Planted>()
  private readonly network: Network

  constructor(network: Network) {
    this.network = network
  }

  /** On probation: part of what the host learns by. */
  base(): Inserts {
    return this.inserts(({ mode }) => mode === "whole")
  }

  /** Part of what answers. */
  answering(): Inserts {
    return this.inserts(({ mode, alpha }) => mode === "whole" || (mode === "mixed" && alpha > 0))
  }

  /** Owners whose numbers are part of what the host learns by: itself, what was kept, what is on probation. */
  owners(): ReadonlyArray<number> {
    return [
      HOST,
      ...this.network.kept.map(({ owner }) => owner),
      ...[...this.base().values()].map(({ owner }) => owner),
    ]
  }

  private inserts(has: (planted: Planted) => boolean): Inserts {
    return new Map(
      [...this.bySocket]
        .filter(([, planted]) => has(planted))
        .map(([socket, planted]) => [
          socket,
          insertOf(planted, planted.mode === "whole" ? 1 : planted.alpha),
        ]),
    )
  }
}

export const insertOf = ({ owner, blueprint, parameters, planting }: Planted, alpha: number): Insert => ({
  owner,
  blueprint,
  parameters,
  operator: planting.operator,
  alpha,
})

/** Equal where the same grafts are in at the same alphas. */
export const keyOf = (inserts: Inserts): string =>
  [...inserts].map(([socket, { owner, alpha }]) => `${socket}:${owner}:${alpha}`).join()
