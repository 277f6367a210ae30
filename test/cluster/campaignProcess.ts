/**
 * One process of `campaignKills.test.ts`: a cluster with replicas, a worker of the study and two people, who all do what is left to do until
 * the campaign has ended. Kills itself with SIGKILL at the statement that its second argument names, and says one line at its end.
 */
import { DatabaseSync, StatementSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { createCluster, openStudy, postgres, sqlite } from "../../src/cluster/index.ts"
import { breakImports } from "../broken/breakMechanism.ts"
import { bowl, PLANT } from "./Troop.ts"

breakImports()
const [, , file, when, step] = process.argv

const texts = new WeakMap<StatementSync, string>()
const { prepare } = DatabaseSync.prototype
const { all } = StatementSync.prototype
const die = (): void => void process.kill(process.pid, "SIGKILL")
/** The step's row is written, and not committed. */
let written = false
DatabaseSync.prototype.prepare = function (text) {
  const statement = prepare.call(this, text)
  texts.set(statement, text)
  return statement
}
StatementSync.prototype.all = function (...values: ReadonlyArray<unknown>) {
  const text = texts.get(this) ?? ""
  const isStep = text.includes("INTO arqon_campaign_step") && values.includes(step)
  const begins = text.includes("SET standing") && String(values[0]).includes(`"key":"${step}"`)
  const rows = Reflect.apply(all, this, values) as ReturnType<typeof all>
  if (when === "before" && isStep) die()
  if (when === "begun" && begins) die()
  if (when === "after" && written && text === "COMMIT") die()
  written ||= isStep
  return rows
}

const storage = file.includes("://") ? postgres({ url: file, migrate: true }) : sqlite(file)
const cluster = createCluster({
  storage,
  tuners: {
    checkout: {
      ...PLANT,
      replicas: { reportMs: 100, leaseMs: 400, windowMs: 500, settleMs: 0, minSamples: 1 },
    },
  },
})
await cluster.start()
const tuner = cluster.tuner("checkout")
// A kill opens SafeMode, and too many in an hour until a person resets it.
await tuner.reset({ by: "ada" })
const replicas = [0, 1, 2, 3].map((i) => cluster.replica("checkout", { name: `replica-${i}` }))
await Promise.all(replicas.map((replica) => replica.start()))
setInterval(() => {
  for (const { values, observe } of replicas) observe({ objective: bowl(values["rate"], values["share"]) })
}, 5)

await cluster.campaigns.start({
  name: "nightly",
  tuner: "checkout",
  study: "search",
  config: { budget: 20, seed: 5, bounds: { rate: { min: 0, max: 1 }, share: { min: 0, max: 1 } } },
  by: "ada",
  why: "the load has changed",
})
await using study = await openStudy({ storage, name: "search" })
for await (const trial of study.trials()) await trial.run(({ rate, share }) => bowl(rate, share))

const campaign = cluster.campaign("nightly")
for (;;) {
  const { state, missing, candidate } = await campaign.status()
  if (state === "rolledOut" || state === "back") break
  if (state === "waiting" && missing.length > 0 && candidate?.evidence.length === 1)
    await campaign.evaluate(
      { source: "a replay", mean: 0.01, standardError: 0.001, readings: 20, constraintsHeld: true },
      { by: "ada", why: "measured" },
    )
  if (state === "waiting") await campaign.approve({ by: "bob", why: "sound" })
  await sleep(50)
}
const { state, steps } = await campaign.status()
const variants = await cluster.campaigns.variants()
const history = await variants.history()
process.stdout.write(
  `${JSON.stringify({
    state,
    steps: steps.map((one) => one.step),
    actions: history.map(({ action }) => action),
  })}\n`,
)
await cluster.stop()
process.exit(0)
