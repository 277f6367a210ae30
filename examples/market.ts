/**
 * A controller that trades on a pattern, under deadlines and a rule of risk. Prices are made up: noise, and now and then a double
 * dip after which the price climbs. A search by warping looks for the dip, a deadline executive keeps the risk check on time
 * beside it, and a shield keeps `always(position < 75)` although orders may fill by more than was asked for.
 *
 * The same day runs twice, with and without the shield. Time is simulated: the run is the same every time.
 *
 * Run: npm run example market
 */
import { DeadlineExecutive } from "arqon/scheduler"
import {
  BandedDtw,
  FormulaMonitor,
  parseFormula,
  SHIELD,
  type Shield,
  VARIED,
  zNormalize,
} from "arqon/temporal"
import { synthesizeShield } from "arqon/temporal/offline"
import { gaussianAt, uniformAt } from "arqon/testing"

const TICKS = 20_000
const WINDOW = 24
const MOST = 75
const WANTED = 90

// #region shield
/** The limit is ours to move; the position goes towards it, and a bin further if the market has it so. */
function shieldOf(): Shield {
  const { shield } = synthesizeShield({
    knobs: [{ name: "limit", cuts: [25, 50, 75] }],
    channels: [{ name: "position", cuts: [25, 50, 75] }],
    rule: parseFormula(`position < ${MOST}`, { channels: { position: "number" } }),
    next: ({ limit, position }) => ({
      position: [0, Math.min(3, Math.max(limit + 1, position - 1))],
    }),
  })
  if (shield === null) throw new Error("No limit keeps the rule.")
  return shield
}
// #endregion shield

/** Two dips and what comes after them, in spreads of the noise. */
const dips = (t: number): number =>
  t < 24 ? -6 * Math.sin((Math.PI * t) / 12) ** 2 : Math.min(30, t - 24) / 2

interface Day {
  readonly profit: number
  readonly worst: number
  readonly violations: number
  readonly found: number
  readonly clipped: number
  readonly late: number
}

function trade(shield: Shield | null): Day {
  let nowNs = 0
  let tick = -1
  let start = Number.POSITIVE_INFINITY
  let base = 1_000
  let price = base
  let position = 0
  let signal = 0
  const prices = new Float64Array(WINDOW)
  const limit = Float64Array.of(0)
  const day = { profit: 0, worst: 0, violations: 0, found: 0, clipped: 0 }

  const warping = new BandedDtw({ length: WINDOW, band: 3 })
  const shape = new Float64Array(WINDOW)
  const moments = new Float64Array(2)
  const wanted = new Float64Array(WINDOW)
  zNormalize(
    Float64Array.from(wanted, (_, i) => dips(i)),
    wanted,
    moments,
    0,
  )
  const rule = new FormulaMonitor(parseFormula(`position < ${MOST}`, { channels: { position: "number" } }), {
    channels: ["position"],
  })

  // #region tasks
  const executive = new DeadlineExecutive({ nowNs: () => nowNs })
  const spend = (us: number): void => void (nowNs += us * 1_000)
  /** Each tick: what the market made of our limit, and whether the rule holds. */
  const market = (): void => {
    move()
    rule.observe([position], nowNs / 1_000)
    if (rule.verdictAt(rule.settled - 1).hi < 0) day.violations++
    spend(20)
  }
  /** Each tick: a new limit, within what the shield permits. */
  const order = (): void => {
    const before = limit[0]
    limit[0] = tick < signal ? WANTED : 0
    if (shield !== null && shield.clip([before, position], limit) !== SHIELD.permitted) day.clipped++
    spend(30)
  }
  /** Every other tick: does the last course look like the dip? In steps, so that nothing waits for it. */
  function* look(): Generator<undefined, void> {
    yield
    spend(200)
    if (tick < WINDOW || tick < signal || zNormalize(latest(), shape, moments, 0.1) !== VARIED) return
    if (warping.distance(shape, wanted) > 2) return
    signal = tick + 30
    day.found++
  }
  executive.add({ name: "market", class: "guard", periodUs: 1_000, budgetUs: 50, run: market })
  executive.add({ name: "order", class: "control", periodUs: 1_000, budgetUs: 50, run: order })
  executive.add({ name: "look", class: "analysis", periodUs: 2_000, budgetUs: 400, stepUs: 250, run: look })
  // #endregion tasks

  function move(): void {
    tick++
    if (tick > start + 60 || start === Number.POSITIVE_INFINITY) {
      base += start === Number.POSITIVE_INFINITY ? 0 : dips(60)
      start = uniformAt(1, tick) < 0.01 ? tick : Number.POSITIVE_INFINITY
    }
    const pattern = start === Number.POSITIVE_INFINITY ? 0 : dips(tick - start)
    const before = price
    price = base + pattern + 0.5 * gaussianAt(2, tick)
    prices[tick % WINDOW] = price
    day.profit += position * (price - before)
    // Half of the way to the limit at least; at most 20 beyond it.
    const halfway = (position + limit[0]) / 2
    const furthest = limit[0] > 0 ? Math.max(halfway, limit[0] + 20) : halfway
    position = halfway + (furthest - halfway) * uniformAt(3, tick)
    day.worst = Math.max(day.worst, position)
  }
  const latest = (): Float64Array => Float64Array.from(prices, (_, i) => prices[(tick + 1 + i) % WINDOW])

  while (nowNs < TICKS * 1_000_000) {
    nowNs = Math.max(nowNs, executive.nextNs)
    executive.runDue()
  }
  const late = executive.schedule().tasks.reduce((sum, task) => sum + task.finishMisses, 0)
  return { ...day, late }
}

console.log("              profit  worst position  violations  patterns  clipped  deadlines missed")
for (const [name, shield] of [
  ["no shield", null],
  ["shield", shieldOf()],
] as const) {
  const { profit, worst, violations, found, clipped, late } = trade(shield)
  console.log(
    `${name.padEnd(10)}${profit.toFixed(0).padStart(10)}${worst.toFixed(1).padStart(16)}` +
      `${String(violations).padStart(12)}${String(found).padStart(10)}${String(clipped).padStart(9)}${String(late).padStart(18)}`,
  )
}
