/** What an engine weighs in the owner of a bucket, and what the agent of a replica does: whole heaps before and after, many of each. */
import { BucketOwner } from "../../src/cluster/BucketOwner.ts"
import { readFleets } from "../../src/cluster/node/clusterFleets.ts"
import { createReplica } from "../../src/replica/index.ts"
import { fleet, FLEET, keyOf, params, TUNER } from "./orders.ts"
import { used } from "./asked.ts"

const IN_A_BUCKET = 244

/** Bytes of an engine in a bucket of 244, each with a loop that has seen a window. */
export function bytesOfAnEngine(buckets: number): number {
  const settings = readFleets({ [FLEET]: fleet(buckets) }).settings.get(FLEET)?.settings
  if (settings === undefined) throw new Error("the fleet is refused")
  const filled = (first: number): BucketOwner => {
    const owner = new BucketOwner({ settings, epoch: 1, nowUs: 0 })
    for (let nowUs = 0; nowUs <= 12_000_000; nowUs += 4_000_000)
      owner.observe(
        Array.from({ length: IN_A_BUCKET }, (_, i) => [keyOf(first + i), { objective: i / 7 }, null]),
        nowUs,
      )
    return owner
  }
  const warm = filled(0)
  const before = used().heap
  const owners = Array.from({ length: buckets }, (_, b) => filled(b * IN_A_BUCKET))
  const bytes = (used().heap - before) / (buckets * IN_A_BUCKET)
  const engines = owners.reduce((sum, owner) => sum + owner.view().looping, 0)
  if (engines !== buckets * IN_A_BUCKET || warm.view().engines !== IN_A_BUCKET)
    throw new Error(`only ${engines} engines have a loop`)
  return bytes
}

/** Bytes of an agent, reporting to a tuner in the same process that answers nothing. */
export async function bytesOfAnAgent(count: number): Promise<number> {
  const agent = async () => {
    const replica = createReplica({
      tuner: TUNER,
      at: { transport: () => Promise.reject(new Error("nobody")) },
      params,
      startWithinMs: 1,
    })
    await replica.start()
    for (let i = 0; i < 20; i++) replica.observe({ objective: i })
    return replica
  }
  const warm = await agent()
  const before = used().heap
  const agents = await Promise.all(Array.from({ length: count }, agent))
  const bytes = (used().heap - before) / count
  await Promise.all([warm, ...agents].map((replica) => replica.stop()))
  return bytes
}
