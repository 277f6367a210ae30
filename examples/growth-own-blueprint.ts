/**
 * A blueprint of your own: one function over a graph of operators. It is checked, approved by somebody else, and then planted in a network
 * that is too small for its task, where it has to prove itself like any other.
 *
 * Run: npm run example growth-own-blueprint
 */
import { checkBlueprint, createGrowth, GrowthError, neuralHost, tasks } from "arqon/morph"
import { approveBlueprint, defineBlueprint } from "arqon/morph/blueprints"

/** Two dense layers, and the sines of what is between them: what turns round and round is easy for it. */
const waves = defineBlueprint({
  name: "waves",
  author: "Ada",
  description: "two dense layers with sines between them",
  parameters: { hidden: { min: 4, max: 64, scale: "log", step: 1, initial: 24 } },
  build: (graph, value, { hidden }) => {
    const width = value.shape.at(-1) ?? 1
    const layer = (name: string, from: typeof value, to: number, initial: "he" | "zeros") => {
      const scope = graph.scope(name)
      const weights = scope.parameter("weights", [from.shape.at(-1) ?? 1, to], { initial })
      return scope.apply("dense", [from, weights, scope.parameter("bias", [to], { initial: "zeros" })])
    }
    const angles = layer("angles", value, hidden, "he")
    // The last layer begins at zero: until it has learnt something, the host is as it was.
    return layer("join", graph.apply("sin", [angles]), width, "zeros")
  },
})
const cost = waves.cost([8], { hidden: 24 })
console.log(`waves learns ${cost.parameters} numbers and takes ${cost.multiplyAdds} products for a row of 8`)

/** What a call is refused for. */
const refusal = (call: () => unknown): string => {
  try {
    call()
    return "nothing"
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    return error.problems.map(({ path, message }) => `${path} ${message}`).join(" ")
  }
}

// One that begins with ones would change the host before it has learnt anything.
const loud = defineBlueprint({
  name: "loud",
  build: (graph, value) => {
    const factor = graph.parameter("factor", [value.shape.at(-1) ?? 1], { initial: "ones" })
    return graph.apply("multiply", [value, factor])
  },
})
console.log(`loud: ${refusal(() => checkBlueprint(loud, [32, 8]))}`)
checkBlueprint(waves, [32, 8])

// A new blueprint is experimental, so another person than its author has to look at it.
console.log(`Ada: ${refusal(() => approveBlueprint(waves, { by: "Ada", why: "I made it" }))}`)
const approved = approveBlueprint(waves, { by: "Bo", why: "small, and born as the identity" })

const growth = createGrowth({
  host: neuralHost({ inputs: 2, hidden: [8], classes: 2, activation: "tanh" }),
  data: tasks.spirals({ turns: 1.5, seed: 42 }),
  blueprints: [approved],
  policy: "manual",
  seed: 42,
  now: () => 0,
})
await growth.start()
await growth.run({ epochs: 100 })
const share = (): string => `${(100 * (growth.snapshot().test?.accuracy ?? 0)).toFixed(1)} %`
console.log(`alone: ${share()} right`)
await growth.germinate("hidden1", { blueprint: "waves", why: "the task turns" })
for (let epoch = 0; epoch < 300; epoch++) {
  const boundary = await growth.run({ epochs: 1 })
  const state = boundary?.sockets.find(({ name }) => name === "hidden1")?.state
  if (state === "probationary") await growth.fossilize("hidden1", { why: "it helps" }).catch(() => {})
}
console.log(`with waves: ${share()} right, and it is ${growth.snapshot().sockets[0].state}`)
await growth.stop()
