/**
 * Two services tune their pools against one database. The database sheds load by what it saw a moment ago: a controller with a
 * delay. The larger the pools are together, the harder it reacts, and above a certain size it swings. Neither engine knows of the
 * other or of the database, and the mean of a swing looks good. With `stability: true` each engine notices that its loop swings and
 * returns to its baseline.
 *
 * The same evening runs twice, without and with the watch. Time is simulated: the run is the same every time.
 *
 * Run: npm run example shared
 */
import { type ArqonEngine, createEngine } from "arqon"
import { gaussianAt } from "arqon/testing"

const DIGESTS = 30_000
const EVERY_US = 20_000
/** From this digest on there is more to do, and larger pools are faster. */
const BUSY_FROM = 12_000
/** Digests that the database is late by, and how hard it reacts for each connection. */
const DELAY = 12
const GAIN = 0.0013
/** Milliseconds of a swing that callers complain about. */
const COMPLAINT = 6

class Database {
  private shed = 0
  private readonly past = new Float64Array(DELAY)

  /** What every query takes longer or shorter now, milliseconds. */
  step(i: number, connections: number): number {
    const late = this.past[i % DELAY]
    this.past[i % DELAY] = this.shed
    const next = this.shed - GAIN * connections * late + 0.15 * gaussianAt(3, i)
    this.shed = Math.max(-10, Math.min(10, next))
    return this.shed
  }
}

const serviceEngine = (seed: number, stability: boolean): ArqonEngine<"pool"> =>
  createEngine({
    params: { pool: { min: 2, max: 64, step: 1, initial: 16 } },
    seed,
    stability,
    clock: "manual",
  })

async function evening(stability: boolean): Promise<ReadonlyArray<string>> {
  const engines = [serviceEngine(1, stability), serviceEngine(2, stability)]
  for (const engine of engines) await engine.start()
  const database = new Database()
  let swinging = 0
  for (let i = 0; i < DIGESTS; i++) {
    const shed = database.step(
      i,
      engines.reduce((all, { values }) => all + values.pool, 0),
    )
    if (Math.abs(shed) > COMPLAINT) swinging++
    for (const [n, engine] of engines.entries()) {
      const timestampUs = (i + 1) * EVERY_US
      const { pool } = engine.values
      const objective =
        20 + (i < BUSY_FROM ? 160 : 1_000) / pool + pool / 4 + shed + 0.4 * gaussianAt(10 + n, i)
      engine.tick(timestampUs)
      engine.observe({ objective, timestampUs })
    }
  }
  const seen = engines.map((engine) =>
    engine.audit
      .records()
      .filter(({ kind, reason }) => kind === "safeModeEntered" && reason === "instability"),
  )
  const pools = engines.map(({ values }) => values.pool)
  for (const engine of engines) await engine.stop()
  return [
    `${stability ? "with" : "without"} the watch: ${swinging} of ${DIGESTS} digests in a large swing, pools ${pools.join(" and ")}`,
    ...seen.flatMap((trips, n) =>
      trips.slice(0, 1).map(({ note, atUs }) => `  engine ${n + 1}, digest ${atUs / EVERY_US}: ${note}`),
    ),
  ]
}

for (const stability of [false, true]) console.log((await evening(stability)).join("\n"))
