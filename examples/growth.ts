/**
 * A network that is too small, and grows. Eight hidden units cannot tell two spirals apart. At a plateau a block is planted in a
 * socket; it learns beside the network, proves itself through gates, and becomes part of it. Then a block that spews NaN is planted,
 * and nothing happens.
 *
 * Run: npm run example growth
 */
import { createGrowth, neuralHost, tasks } from "arqon/morph"

const growth = createGrowth({
  host: neuralHost({ inputs: 2, hidden: [8], classes: 2, activation: "tanh" }),
  data: tasks.spirals({ turns: 1.5, seed: 42 }),
  policy: "heuristic",
  seed: 42,
  // A clock that stands still: no boundary is ever too slow, and the run is the same on a busy machine.
  now: () => 0,
})

const percent = (share: number | null | undefined): string => `${(100 * (share ?? 0)).toFixed(1)} %`

growth.subscribe(({ epoch, accuracy, sockets, moves, refused }) => {
  for (const { slot, from, to, why } of moves) console.log(`epoch ${epoch}: ${slot} ${from} -> ${to}: ${why}`)
  for (const { blueprint } of refused) console.log(`epoch ${epoch}: ${blueprint} was refused`)
  if (epoch % 50 === 0)
    console.log(
      `epoch ${epoch}: ${percent(accuracy)} of the held-out rows;`,
      sockets.map(({ name, state, alpha }) => `${name} ${state} ${alpha}`).join(", "),
    )
})

await growth.start()
await growth.run({ epochs: 30 })
const before = growth.snapshot()
console.log(`start: ${percent(before.test?.accuracy)} right, ${before.parameters} parameters`)

await growth.run({ epochs: 120 })
const after = growth.snapshot()
console.log(`end: ${percent(after.test?.accuracy)} right, ${after.parameters} parameters`)

// The heuristic rests after a growth, so this socket is free.
const [free] = after.sockets.filter(({ state }) => state === "dormant")
const point = Float32Array.of(0.3, -0.8)
const answer = growth.predict(point)
await growth.germinate(free.name, { blueprint: "nan", why: "to see what happens" })
await growth.run({ epochs: 0 })
console.log(
  `planted nan: the host is ${growth.snapshot().fingerprint === after.fingerprint ? "the same" : "another"}`,
)
await growth.run({ epochs: 5 })
console.log(`five epochs later: ${percent(growth.snapshot().test?.accuracy)} right`)
console.log("the point before:", answer, "and now:", growth.predict(point))
await growth.stop()
