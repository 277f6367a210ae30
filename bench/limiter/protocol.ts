/** What the benchmark's processes tell each other. */

import type { BackendShape } from "./Backend.ts"

export type Kind = "arqon" | "gradient2" | "vegas" | "none" | "fixed"

/** Asked of the service. */
export interface ServiceJob {
  readonly kind: Kind
  /** The fixed limit, or where an adaptive one starts. */
  readonly limit: number
  readonly seed: number
  readonly shape: BackendShape
  /** In virtual time only: the event loop stands still so often, for so long, on the average. */
  readonly stalls?: { readonly everyS: number; readonly ms: number } | undefined
}

/** Asked of the load. */
export interface LoadJob {
  readonly port: number
  readonly rps: number
  readonly connections: number
  readonly warmMs: number
  readonly measureMs: number
  readonly seed: number
}

/** What the callers saw. */
export interface Figures {
  readonly offeredRps: number
  readonly goodputRps: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What the service says when it is asked to stop: its mean limit since it was told to measure. */
export interface ServiceReport {
  readonly meanLimit: number
  /** How late its event loop was, p99: above a few milliseconds the machine was measured, not the limiter. */
  readonly latenessMs: number
}
