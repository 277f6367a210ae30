/**
 * A hundred tenants, each with a batch size of its own, tuned in one process. The tenants differ in what suits them and share one
 * database, so that only a few of them probe at a time. Runs in manual time: half an hour in a moment.
 *
 * Run: npm run example fleet
 */
import { createFleet } from "arqon"

const TENANTS = 100
const SECOND_US = 1_000_000

const fleet = createFleet({
  name: "tenants",
  engine: {
    params: { batch: { min: 1, max: 512, scale: "log", step: 1, initial: 32 } },
    seed: 42,
    clock: "manual",
    window: { digests: 3, us: 2 * SECOND_US },
  },
  shared: { database: { probing: 10 } },
})
await fleet.start()

const happened = new Map<string, number>()
fleet.subscribe(({ type }) => happened.set(type, (happened.get(type) ?? 0) + 1))

/** What suits a tenant: small batches for the first, large ones for the last. */
const suits = (tenant: number): number => 4 * 100 ** (tenant / TENANTS)
const cost = (tenant: number, batch: number): number => 1 + Math.log(batch / suits(tenant)) ** 2
/** No two digests are quite alike. */
const wobble = (i: number): number => 1 + 0.01 * Math.sin(12.9898 * i + Math.sin(78.233 * i))

const distance = (): number => {
  let sum = 0
  for (let i = 0; i < TENANTS; i++) {
    const batch = fleet.get(`tenant-${i}`)?.getSnapshot().base.batch ?? Number.NaN
    sum += Math.abs(Math.log2(batch / suits(i)))
  }
  return sum / TENANTS
}

for (let i = 0; i < TENANTS; i++) fleet.spawn(`tenant-${i}`, { group: "database" })
const before = distance()
let nowUs = 0
for (let step = 0; step < 6_000; step++) {
  nowUs += SECOND_US / 5
  fleet.tick(nowUs)
  for (let i = 0; i < TENANTS; i++) {
    const tenant = fleet.ensure(`tenant-${i}`)
    tenant.observe({ objective: cost(i, tenant.values.batch) * wobble(step + 17 * i), timestampUs: nowUs })
  }
}
console.log(
  `Octaves from what suits each tenant: ${before.toFixed(2)} at the start, ${distance().toFixed(2)} after twenty minutes.`,
)

// At night only one tenant works; the others are put away and stay readable.
for (let minute = 0; minute < 10; minute++) {
  nowUs += 60 * SECOND_US
  fleet.tick(nowUs)
  fleet.get("tenant-7")?.observe({ objective: 1, timestampUs: nowUs })
}
const { engines, passive } = fleet.getSnapshot()
console.log(
  `${passive} of ${engines} engines are put away; the batch size of tenant-99 is still ${fleet.get("tenant-99")?.values.batch}.`,
)
console.log(Object.fromEntries(happened))
await fleet.stop()
