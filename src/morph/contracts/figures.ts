/**
 * What a neural host measures for the gates, by name, each with the gate that reads it first. A host of another kind has names of its own
 * and its own `checks`. Yes and no are 1 and 0.
 */
export const FIGURES = [
  /** G0, dormant: the blueprint is there, verified and allowed. */
  "available",
  /** Its parameters are within the blueprint's bounds. */
  "inBounds",
  /** Share of the arena that it would take. */
  "arenaShare",
  /** Quarantine: everything finite; output of the socket's shape; how long it took. */
  "quarantineFinite",
  "quarantineShape",
  "quarantineMs",
  /** Largest difference between the host's output without the new graft and with it: 0, or it is not born as the identity. */
  "identityError",
  /** G0, germinated: the kernel is fetched, the slot is reserved. */
  "ready",
  /** Every live state: parameters, moments and outputs of the graft are finite. A 0 culls at once. */
  "finite",
  /** Every live state: breaches of isolation in the boundary just over. Any culls at once. */
  "violations",
  /** G1: norm of the graft's gradient before clipping, and the share of steps that were clipped. */
  "gradientNorm",
  "clippedShare",
  /**
   * G1 to G4: held-out loss with the graft as its mode has it (training and shadowing: as if alpha were 1), and of the host alone on the
   * same weights and data. Probationary: only `lossWith` is needed.
   */
  "lossWith",
  "lossWithout",
  /** G2: boundary time, 95th percentile. */
  "boundaryP95Ms",
  /** G3: 1 - cosine between the socket's value with and without the graft, and the ratio of their norms. */
  "drift",
  "scale",
  /** G3: pausing the graft and resuming it gave the same bits. */
  "resumeEqual",
  /** G4: panics of the governor in the boundary just over. */
  "panics",
  /** G5: words of its slice that are not zero, entries in registries, counters and cached things that are left. */
  "sliceWords",
  "registryEntries",
  "counters",
  "cached",
] as const
