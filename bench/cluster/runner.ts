/** One runner of the benchmark. It also sends digests and follows keys, as a program that uses a fleet does. */
import { setTimeout as sleep } from "node:timers/promises"
import { createCluster, type FollowedKey, postgres, sqlite } from "../../src/cluster/index.node.ts"
import { beAsked, used } from "./asked.ts"
import { FLEET, fleet, keyOf, type RunnerOrders, TUNER, tuner, type Unanswered } from "./orders.ts"

const orders = JSON.parse(process.argv[2]) as RunnerOrders
const cluster = createCluster({
  storage: orders.url === null ? sqlite(":memory:") : postgres({ url: orders.url }),
  ...(orders.url === null
    ? { gateway: { port: orders.nodePort } }
    : { node: { host: "127.0.0.1", port: orders.nodePort } }),
  locks: orders.locks,
  tuners: { [TUNER]: tuner },
  fleets: { [FLEET]: fleet(orders.buckets) },
})
await cluster.start()
const tenants = cluster.fleet(FLEET)
const followed: Array<FollowedKey> = []
const TICK_MS = 10

async function send(keys: ReadonlyArray<number>, perSecond: number, seconds: number): Promise<object> {
  const from = performance.now()
  let sent = 0
  for (;;) {
    const elapsedMs = performance.now() - from
    const due = Math.min(perSecond * seconds, (perSecond * elapsedMs) / 1000)
    for (; sent < due; sent++) {
      const key = keys[sent % keys.length]
      tenants.observe(keyOf(key), { objective: (key % 7) / 7 })
    }
    if (elapsedMs >= seconds * 1000) return { sent }
    await sleep(TICK_MS)
  }
}

/** Asks the owners of so many keys in turns as fast as they answer. */
const PROBED = 40
const PROBE_MS = 100

async function unanswered(seconds: number): Promise<Unanswered> {
  const until = performance.now() + seconds * 1000
  const held = new Set<string>()
  const watch = setInterval(() => {
    for (const { key, state } of followed) if (state !== "following") held.add(key)
  }, PROBE_MS)
  const longest = await Promise.all(
    followed.slice(0, PROBED).map(async ({ key }) => {
      let longestMs = 0
      for (let heardMs = performance.now(); performance.now() < until; await sleep(PROBE_MS)) {
        const there = await tenants.bucket(key)
        const nowMs = performance.now()
        longestMs = Math.max(longestMs, nowMs - heardMs)
        if (there !== null) heardMs = nowMs
      }
      return longestMs
    }),
  )
  clearInterval(watch)
  return { longestMs: Math.max(0, ...longest), held: held.size }
}

beAsked(async (question) => {
  switch (question.ask) {
    case "send":
      return send(question.keys, question.perSecond, question.seconds)
    case "follow":
      followed.push(...question.keys.map((key) => tenants.follow(keyOf(key))))
      while (followed.some(({ state }) => state !== "following")) await sleep(50)
      return {}
    case "unanswered":
      return unanswered(question.seconds)
    case "usage": {
      await tenants.flush()
      const { taken, ...others } = tenants.counts()
      const reports = Number(/reports_total\{status="200"\} (\d+)/.exec(cluster.metrics())?.[1] ?? 0)
      return { ...used(), reports, taken, lost: Object.values(others).reduce((sum, n) => sum + n, 0) }
    }
  }
})
