/**
 * A host of your own. The network below runs in @jax-js/jax; Arqon sees no more of it than the nine functions of `Host`. Blueprints of
 * `arqon/morph` are planted in it: `jax/operators.ts` says what each of their operators is in jax.
 *
 * First a blueprint that overflows is planted, and refused. Then one that helps is planted, and kept.
 *
 * Run: npm run example growth-own-host
 * In a project of your own it needs `npm install @jax-js/jax` besides.
 */
import {
  type Blueprint,
  BLUEPRINTS,
  type Figures,
  type GraftStateName,
  GraftTable,
  graftGraph,
  GrowthError,
  type Host,
  type Mode,
  type Planting,
  tasks,
} from "arqon/morph"
import { addedBy, apart, jax, type Values } from "./jax/operators.ts"

const { jit, nn, numpy: np, valueAndGrad } = jax

const [WIDTH, STEPS_PER_EPOCH, RATE] = [8, 2, 0.02]

/** A blueprint of your own that is not as harmless as it says: infinity times zero. */
const overflow: Blueprint = {
  ...BLUEPRINTS[0],
  name: "overflow",
  build: (graph, value) => {
    const large = graph.apply("exp", [graph.apply("scale", [value], { factor: 1000 })])
    return graph.apply("multiply", [large, graph.parameter("zeros", [WIDTH], { initial: "zeros" })])
  },
}
const catalogue = [...BLUEPRINTS, overflow]

type Numbers = Float32Array<ArrayBuffer>

/** The host's own layers, or a graft. Arrays are replaced and never written, so to keep them is to have a snapshot. */
interface Part {
  readonly name: string
  /** What a graft adds to the value at its socket; null for the layers. */
  readonly added: ReturnType<typeof addedBy> | null
  readonly learnt: Numbers
  /** Adam's two moments of it, and how often it has learnt. */
  readonly first: Numbers
  readonly second: Numbers
  readonly steps: number
}

function partOf(name: string, added: Part["added"], learnt: Numbers): Part {
  const zeros = new Float32Array(learnt.length)
  return { name, added, learnt, first: zeros, second: zeros, steps: 0 }
}

/** A blueprint of `arqon/morph`, computed by jax. */
function graftOf({ blueprint, parameters }: Planting): Part {
  const known = catalogue.find(({ name }) => name === blueprint)
  if (known === undefined) throw new Error(`There is no blueprint ${blueprint}.`)
  const initial = graftGraph(known, [1, WIDTH], parameters).initial(1)
  const learnt = Float32Array.from(initial.flatMap((numbers) => [...numbers]))
  return partOf(`${blueprint} ${JSON.stringify(parameters)}`, addedBy(known, parameters), learnt)
}

/** The loss and its gradients by those that learn. The frozen ones come before them, and only compute. */
const compile = (adds: ReadonlyArray<Part["added"]>) =>
  jit((learning: Array<Values>, frozen: Array<Values>, alpha: Values, x: Values, classes: Values) => {
    const lossOf = (learning: Array<Values>): [Values, Array<Values>] => {
      const vectors = [...frozen, ...learning]
      const [w1, b1, w2, b2] = apart(vectors[0], [[2, WIDTH], [WIDTH], [WIDTH, 2], [2]])
      const values = [np.tanh(np.matmul(x, w1).add(b1))]
      adds.forEach((added, i) => {
        const value = values[values.length - 1]
        const more = added?.(vectors[i], value.ref)
        if (more !== undefined) values.push(value.ref.add(i === adds.length - 1 ? more.mul(alpha) : more))
      })
      const outputs = np.matmul(values[values.length - 1].ref, w2).add(b2)
      const loss = np.mean(np.sum(nn.logSoftmax(outputs.ref).mul(classes), -1)).mul(-1)
      return [loss, [outputs, ...values]]
    }
    const [[loss, seen], gradients] = valueAndGrad(lossOf, { hasAux: true })(learning)
    return { loss, seen, gradients }
  })

/** A step of Adam. */
function stepped(part: Part, gradient: Numbers): Part {
  const steps = part.steps + 1
  const first = part.first.map((one, i) => 0.9 * one + 0.1 * gradient[i])
  const second = part.second.map((one, i) => 0.999 * one + 0.001 * gradient[i] ** 2)
  const rate = (RATE * Math.sqrt(1 - 0.999 ** steps)) / (1 - 0.9 ** steps)
  const learnt = part.learnt.map((one, i) => one - (rate * first[i]) / (Math.sqrt(second[i]) + 1e-8))
  return { ...part, learnt, first, second, steps }
}

const data = tasks.spirals({ turns: 2, rows: 512, seed: 3 })
const [train, validation, test] = [data.train, data.validation, data.test].map((part) => ({
  x: np.array(Float32Array.from(part.inputs), { shape: [part.rows, 2] }),
  classes: nn.oneHot(np.array(Int32Array.from(part.targets)), 2),
}))
const compiled = new Map<string, ReturnType<typeof compile>>()

/** Computes a network of the frozen parts and those that learn behind them. */
function run(learning: ReadonlyArray<Part>, frozen: ReadonlyArray<Part>, rows: typeof train, alpha = 1) {
  const parts = [...frozen, ...learning]
  const key = `${frozen.length} of ${parts.map(({ name }) => name).join()}`
  const known = compiled.get(key) ?? compile(parts.map(({ added }) => added))
  compiled.set(key, known)
  const [own, others] = [learning, frozen].map((all) => all.map(({ learnt }) => np.array(learnt)))
  const { loss, seen, gradients } = known(own, others, np.array(alpha), rows.x.ref, rows.classes.ref)
  const numbers = (value: Values): Numbers => Float32Array.from(value.dataSync())
  return { loss: loss.item(), seen: seen.map(numbers), gradients: gradients.map(numbers) }
}

const dot = (a: Numbers, b: Numbers): number => a.reduce((sum, one, i) => sum + one * b[i], 0)
const soundness = ({ learnt }: Part): number => (learnt.every(Number.isFinite) ? 1 : 0)

class JaxHost implements Host {
  /** Demands in place of the neural host's: this one has no arena, no budget of time and no governor. */
  readonly checks: NonNullable<Host["checks"]> = {
    dormant: [
      { figure: "finite", min: 1, outside: "fail" },
      { figure: "identityError", max: 0, outside: "fail" },
    ],
    blending: [
      { figure: "gain", min: -0.05, outside: "fail" },
      { figure: "held", min: 3, outside: "hold" },
    ],
    probationary: [
      { figure: "change", min: -0.1, outside: "fail" },
      { figure: "meanGain", min: 0.01, outside: "hold" },
    ],
    resetting: [{ figure: "left", max: 0, outside: "hold" }],
  }
  parts = [
    partOf(
      "layers",
      null,
      Float32Array.from({ length: 42 }, (_, i) => Math.sin(i * i + 1)),
    ),
  ]
  private graft: Part | null = null
  private way: { mode: Mode; alpha: number } = { mode: "host", alpha: 0 }
  private copy: Array<Part> = []
  private norms = 0
  private tried: Figures = {}

  sockets = () => [{ name: `socket${this.parts.length}`, shape: [WIDTH] }]
  plant = (_: string, planting: Planting) => void (this.graft = graftOf(planting))
  mode = (_: string, mode: Mode, alpha: number) => void (this.way = { mode, alpha })
  snapshot = () => void (this.copy = this.parts)
  restore = () => void (this.parts = this.copy)
  remove = () => void (this.graft = null)

  keep() {
    if (this.graft !== null) this.parts = [...this.parts, this.graft]
    this.graft = null
  }

  quarantine(_: string, planting: Planting) {
    let part = graftOf(planting)
    const error = run([...this.parts, part], [], validation).loss - run(this.parts, [], validation).loss
    for (let i = 0; i < 8; i++) part = stepped(part, run([part], this.parts, train).gradients[0])
    this.tried = { finite: soundness(part), identityError: Math.abs(error) }
  }

  measure(_: string, state: GraftStateName): Figures {
    const { graft, parts } = this
    if (state === "dormant") return this.tried
    if (graft === null || state === "resetting") return { left: graft === null ? 0 : 1 }
    const judge = () => run([...parts, graft], [], validation, state === "blending" ? this.way.alpha : 1)
    const { loss, seen } = judge()
    const [before, after] = seen.slice(-2)
    const lengths = [before, after].map((value) => Math.sqrt(dot(value, value)))
    return {
      ready: 1,
      finite: soundness(graft),
      // A graft is given copies, and what comes back takes the graft's own place: there is nothing it could break.
      violations: 0,
      gradientNorm: this.norms / STEPS_PER_EPOCH,
      clippedShare: 0,
      lossWith: loss,
      lossWithout: run(parts, [], validation).loss,
      drift: 1 - dot(before, after) / (lengths[0] * lengths[1]),
      scale: lengths[1] / lengths[0],
      resumeEqual: judge().loss === loss ? 1 : 0,
    }
  }

  /** The host by itself and the graft on its branch beside it, or both together. */
  trainEpoch() {
    const { mode, alpha } = this.way
    this.norms = 0
    for (let i = 0; i < STEPS_PER_EPOCH; i++) {
      const { graft, parts } = this
      const isWhole = graft !== null && mode === "whole"
      const { gradients } = run(isWhole ? [...parts, graft] : parts, [], train)
      if (graft !== null && (isWhole || mode === "branch" || (mode === "mixed" && alpha > 0))) {
        const branch = () => run([graft], parts, train, mode === "mixed" ? alpha : 1).gradients
        const [gradient] = isWhole ? gradients.slice(-1) : branch()
        this.norms += Math.sqrt(dot(gradient, gradient))
        this.graft = stepped(graft, gradient)
      }
      this.parts = parts.map((part, j) => stepped(part, gradients[j]))
    }
  }
}

const host = new JaxHost()
const table = new GraftTable({ host })

function trainFor(epochs: number): void {
  for (let i = 0; i < epochs; i++) {
    host.trainEpoch()
    const epoch = table.boundary + 1
    const { moves, refusals } = table.atBoundary(epoch)
    for (const { problems } of refusals) console.log(`epoch ${epoch}: ${problems[0].message}`)
    for (const { slot, graft, from, to, why } of moves) {
      console.log(`epoch ${epoch}: ${graft} in ${slot}: ${from} -> ${to}: ${why}`)
      // Gate G4 also waits for somebody to agree.
      if (to === "probationary") table.command(slot, { type: "fossilize", why: "if it goes on like this" })
    }
  }
}

function germinate(graft: string, blueprint: string): void {
  const planting: Planting = { graft, blueprint, parameters: {}, operator: "residual", owner: "me" }
  const problems = table.command(host.sockets()[0].name, { type: "germinate", why: "a plateau", planting })
  if (problems.length > 0) throw new GrowthError({ problems })
}

function show(when: string): void {
  const { loss, seen } = run(host.parts, [], test)
  const [outputs] = seen
  const right = data.test.targets.filter((label, i) => label === Number(outputs[2 * i + 1] > outputs[2 * i]))
  const share = `${((100 * right.length) / data.test.rows).toFixed(1)} % right`
  const size = host.parts.reduce((sum, { learnt }) => sum + learnt.length, 0)
  console.log(`${when}: ${share}, loss ${loss.toFixed(3)}, ${size} numbers`)
}

trainFor(100)
show("alone")
germinate("first", "overflow")
trainFor(1)
germinate("second", "residualMlp")
trainFor(150)
show("grown")
