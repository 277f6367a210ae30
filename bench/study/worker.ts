/** One process of the drill: takes trials until the study is done or it is killed. Says one line at its end. */
import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { openStudy } from "../../src/cluster/node/openStudy.ts"
import { postgres } from "../../src/cluster/node/postgres.ts"
import { breakImports } from "../../test/broken/breakMechanism.ts"
import { BOUNDS, type Job, type Said } from "./Job.ts"

breakImports()
const { url, name, budget, leaseMs, trialMs } = JSON.parse(process.argv[2]) as Job
const study = await openStudy({
  storage: postgres({ url }),
  name,
  leaseMs,
  config: { seed: 7, budget, bounds: BOUNDS },
})
process.stdout.write("ready\n")
// All begin when the drill says so.
await new Promise((resolve) => process.stdin.once("data", resolve))
process.stdin.unref()

const before = process.cpuUsage()
let [evaluated, fromMs, toMs] = [0, 0, 0]
for await (const trial of study.trials()) {
  fromMs ||= Date.now()
  await trial.run(async ({ x, y, rate }) => {
    if (trialMs > 0) await sleep(Math.random() * trialMs)
    return (x - 2) ** 2 + (y + 1) ** 2 + (Math.log10(rate) + 3) ** 2
  })
  evaluated++
  toMs = Date.now()
}
const { user, system } = process.cpuUsage(before)
const artifact = createHash("sha256")
  .update(JSON.stringify(await study.artifact()))
  .digest("hex")
const said: Said = { worker: study.worker, artifact, evaluated, cpuMs: (user + system) / 1000, fromMs, toMs }
await study.close()
process.stdout.write(`${JSON.stringify(said)}\n`)
