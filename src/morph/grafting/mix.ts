/**
 * How a graft's output joins the host's, as formulas over one value at a socket: what comes out, and what the loss's gradient there means
 * for each part. A host computes it in its own way; these plain loops say what it has to compute, and a host of your own may use them.
 *
 * With h the host's value, g the graft's, a alpha (a number, or one for each channel) and n the values:
 * - residual: h + a g. The graft adds; at birth g is 0.
 * - convex: (1 - a) h + a g. The graft replaces.
 * - channel: h + a_c w_c g, with a weight w for each channel that is learnt.
 * - confidence: h + a s(q) g, with s the logistic function and q how sure the graft is of this row, which is learnt.
 *
 * At alpha 0 each of them gives h, bit for bit. Pruning of the host's own parts is not offered.
 */
import type { OperatorName } from "../contracts/Host.ts"

export interface Mixture {
  readonly operator: OperatorName
  readonly alpha: number
  /** Numbers of the last axis. */
  readonly channels: number
  /** The host's values and the graft's, rows one after the other. */
  readonly host: Float64Array
  readonly graft: Float64Array
  /** channel: a weight for each. */
  readonly weights?: Float64Array
  /** confidence: a number for each row. */
  readonly confidence?: Float64Array
}

/** What the loss's gradient at the output means for each part. */
export interface MixtureGradient {
  readonly host: Float64Array
  readonly graft: Float64Array
  readonly weights: Float64Array
  readonly confidence: Float64Array
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

/** What the graft's value at `i` is multiplied by. */
function shareAt({ operator, alpha, channels, weights, confidence }: Mixture, i: number): number {
  if (operator === "channel") return alpha * (weights?.[i % channels] ?? 0)
  if (operator === "confidence") return alpha * logistic(confidence?.[Math.floor(i / channels)] ?? 0)
  return alpha
}

/** The output; the host's very bits where alpha is 0. */
export function mix(mixture: Mixture): Float64Array {
  const { operator, alpha, host, graft } = mixture
  if (alpha === 0) return host.slice()
  const kept = operator === "convex" ? 1 - alpha : 1
  return Float64Array.from(host, (h, i) => kept * h + shareAt(mixture, i) * graft[i])
}

/** The gradient of each part, from the gradient of the loss at the output. */
export function mixGradient(mixture: Mixture, gradient: Float64Array): MixtureGradient {
  const { operator, alpha, channels, host, graft, confidence } = mixture
  const kept = operator === "convex" ? 1 - alpha : 1
  const weights = new Float64Array(channels)
  const sure = new Float64Array(host.length / channels)
  for (let i = 0; i < host.length; i++) {
    const towards = gradient[i] * graft[i] * alpha
    const row = Math.floor(i / channels)
    if (operator === "channel") weights[i % channels] += towards
    if (operator === "confidence") {
      const s = logistic(confidence?.[row] ?? 0)
      sure[row] += towards * s * (1 - s)
    }
  }
  return {
    host: gradient.map((d) => kept * d),
    graft: gradient.map((d, i) => shareAt(mixture, i) * d),
    weights,
    confidence: sure,
  }
}
