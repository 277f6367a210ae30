/**
 * A service that tunes itself through a day of changing load: regimes that come back, a crowd, and a setting that makes its database
 * swing. The day runs with everything on, with each faculty left out in turn, with none, and without an engine. Somebody comes by every
 * half hour and lets go of a SafeMode that waits for a person. Time is simulated: the run is the same every time.
 * Name days ("no engine") to see them alone.
 *
 * Run: npm run example agent
 */
import { createEngine } from "arqon"
import { days, runDay } from "./day.ts"

console.log(
  "                     cents a second  unsafe seconds  rule violated  deadlines missed  in SafeMode, s",
)
const only = process.argv.slice(2)
for (const [title, on] of days) {
  if (only.length > 0 && !only.includes(title)) continue
  const { cost, unsafe, violated, missed, safe } = await runDay(createEngine, on)
  const counts = [unsafe, violated, missed, safe].map((n, i) => String(n).padStart([16, 15, 18, 16][i]))
  console.log(`${title.padEnd(21)}${cost.toFixed(3).padStart(14)}${counts.join("")}`)
}
