/**
 * A search over SQLite in which four rewrites try to take the incumbent's place: a good index, one that is wrong for one word in five
 * hundred, one that leaks and slows down, and one that throws as soon as two callers meet. The gates decide. It prints where each
 * ended, why, and in which states callers got a wrong answer. Needs Node 22.13 or later for `node:sqlite`.
 *
 * Run: npm run example pipeline
 */
import { callers } from "./callers.ts"
import { openCatalogue } from "./catalogue.ts"
import { runTrial } from "./trial.ts"

for (const candidate of ["index", "folded", "leak", "transaction"] as const) {
  const catalogue = openCatalogue(5_000)
  const { states, cause, incumbent, calls, wrong } = await runTrial({
    catalogue,
    candidate,
    callers,
    windowMs: 50,
    compared: 8_000,
    probationCalls: 2_000,
    mostMs: 60_000,
  })
  catalogue.close()
  console.log(`${candidate}: ${states.join(", ")}`)
  console.log(`  ${cause ?? "no gate failed"}; ${incumbent} answers; ${calls} calls`)
  console.log(`  wrong answers by state: ${JSON.stringify(wrong)}`)
}
