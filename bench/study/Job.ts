/** What a worker of the drill is told, and what it says when the study is done. */
export interface Job {
  readonly url: string
  readonly name: string
  readonly budget: number
  readonly leaseMs: number
  /** How long an evaluation takes at most, ms; each takes a random part of it. */
  readonly trialMs: number
}

export interface Said {
  readonly worker: string
  /** Of its artifact, as SHA-256. */
  readonly artifact: string
  /** Trials that it evaluated. */
  readonly evaluated: number
  /** Its processor time after it had begun, ms. */
  readonly cpuMs: number
  /** When its first trial began and its last one ended, ms since 1970. */
  readonly fromMs: number
  readonly toMs: number
}

export const BOUNDS = {
  x: { min: -10, max: 10 },
  y: { min: -10, max: 10 },
  rate: { min: 1e-5, max: 1e-1, scale: "log" },
} as const
