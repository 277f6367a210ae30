/** What the bandit is measured against, and the bandit itself with and without its guardrails. */
import { choose, DEFAULT_BANDIT, EMPTY_BANDIT, learn } from "../../src/control/bandit.ts"
import {
  DEFAULT_SELECTION,
  EMPTY_SELECTION,
  observeVariant,
  selectVariant,
} from "../../src/control/variantSelection.ts"
import type { SelectableVariant } from "../../src/domain/Variant.ts"
import { uniformAt } from "../../src/testing/noise.ts"

/** Chooses an arm, and is told what was read of it. */
export interface Player {
  readonly choose: () => number
  readonly learn: (arm: number, loss: number) => void
}

export interface Policy {
  readonly title: string
  readonly make: (names: ReadonlyArray<string>, seed: number) => Player
}

const uniform: Policy = {
  title: "uniform",
  make: (names, seed) => {
    let drawn = 0
    return { choose: () => Math.floor(names.length * uniformAt(seed, drawn++)), learn: () => {} }
  },
}

const greedy = (epsilon: number): Policy => ({
  title: `epsilon-greedy ${epsilon}`,
  make: (names, seed) => {
    const sums = names.map(() => 0)
    const counts = names.map(() => 0)
    let drawn = 0
    return {
      choose: () => {
        const untried = counts.findIndex((count) => count < 2)
        if (untried >= 0) return untried
        if (uniformAt(seed, drawn++) < epsilon) return Math.floor(names.length * uniformAt(seed, drawn++))
        const means = sums.map((sum, i) => sum / counts[i])
        return means.indexOf(Math.min(...means))
      },
      learn: (arm, loss) => {
        sums[arm] += loss
        counts[arm]++
      },
    }
  },
})

const thompson = (discount: number): Policy => ({
  title: discount === 1 ? "Thompson" : `Thompson, discount ${discount}`,
  make: (names, seed) => {
    const settings = { ...DEFAULT_BANDIT, seed, discount }
    let state = EMPTY_BANDIT
    return {
      choose: () => {
        const choice = choose(state, names, settings)
        state = choice.state
        return names.indexOf(choice.name ?? "")
      },
      learn: (arm, loss) => {
        state = learn(state, names[arm], loss, settings)
      },
    }
  },
})

/** Half a second a window; cooldown, budget and least stay as they are by default. */
const WINDOW_US = 500_000

export const guarded = (discount: number): Policy => ({
  title: `Thompson${discount === 1 ? "" : `, discount ${discount}`}, guarded`,
  make: (names, seed) => {
    const settings = { ...DEFAULT_SELECTION, seed, discount }
    const offered = names.map(
      (name): SelectableVariant => ({
        name,
        version: 1,
        state: "approved",
        values: {},
        constraints: [],
        rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
      }),
    )
    let state = EMPTY_SELECTION
    let nowUs = 0
    return {
      choose: () => {
        state = selectVariant(state, offered, {}, nowUs, settings).state
        nowUs += WINDOW_US
        return names.indexOf(state.live ?? "")
      },
      learn: (arm, loss) => {
        state = observeVariant(state, { variant: names[arm], loss, channels: {}, nowUs }, offered, settings)
      },
    }
  },
})

export const policies: ReadonlyArray<Policy> = [
  uniform,
  greedy(0.1),
  greedy(0.02),
  thompson(1),
  thompson(0.99),
  guarded(1),
  guarded(0.999),
]
