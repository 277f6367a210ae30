/**
 * A process of its own, with --expose-gc: makes engines in several ways, stops each and counts what of them outlives that. Prints one line of
 * JSON; the one that is left running shows that the count can find something.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { createEngine, type EngineOptions } from "../../../src/index.node.ts"

const collect = (globalThis as { readonly gc?: () => void }).gc
if (collect === undefined) throw new Error("wants --expose-gc")

const root = mkdtempSync(join(tmpdir(), "arqon-collected-"))
const SECOND = 1_000_000

/** What outlives an engine by a long way while anything holds it: itself, its hot path's inbox, its actors, its windows. */
type Remains = ReadonlyArray<WeakRef<object>>

const ways: Readonly<Record<string, Partial<EngineOptions<"knob">>>> = {
  manual: { clock: "manual", window: { us: 5 * SECOND, settleUs: 0 } },
  clock: {},
  compared: { comparison: {} },
  disk: { state: join(root, "disk") },
  homeostasis: { homeostasis: {} },
  listened: {},
  running: {},
}

async function lived(way: string, options: Partial<EngineOptions<"knob">>): Promise<Remains> {
  const engine = createEngine({
    ...options,
    params: { knob: { min: 0, max: 1 } },
    seed: 1,
  })
  const remains = [engine, engine.digest, engine.actor, engine.windows$].map((part) => new WeakRef(part))
  let heard = 0
  if (way === "listened") {
    engine.subscribe(() => heard++)
    engine.audit.subscribe(() => heard++)
    engine.windows$.subscribe(() => heard++)
  }
  await engine.start()
  for (let second = 0; second < 100; second++) {
    if (options.clock === "manual") engine.tick(second * SECOND)
    engine.observe({ objective: Math.sin(second) })
  }
  if (way === "listened" && heard === 0) throw new Error("nobody was told anything")
  if (way !== "running") await engine.stop()
  return remains
}

const left: Record<string, number> = {}
for (const [way, options] of Object.entries(ways)) {
  const all = [...(await lived(way, options)), ...(await lived(way, options))]
  const count = (): number => all.filter((ref) => ref.deref() !== undefined).length
  // A reference that was looked at is held until the event loop turns.
  for (let round = 0; round < 20 && (round === 0 || count() > 0); round++) {
    await setImmediate()
    collect()
  }
  left[way] = count()
}
rmSync(root, { recursive: true, force: true })
process.stdout.write(`${JSON.stringify(left)}\n`)
process.exit(0)
