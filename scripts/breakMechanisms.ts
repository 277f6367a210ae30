/**
 * Breaks the mechanisms of `test/broken/mechanisms.ts` one after the other and runs the test that must notice. Ends
 * with code 1 when a test stayed green over a broken mechanism: such a test guards nothing.
 */
import { spawnSync } from "node:child_process"
import { closest } from "../src/domain/closest.ts"
import { mechanisms } from "../test/broken/mechanisms.ts"

const HELP = `Breaks one mechanism after the other and tells whether the tests notice.

USAGE
  npm run test:broken -- [NAME]...

  NAME   Only this one; --list tells them (default all, about five minutes)

The exit code is 1 when a test stayed green over a broken mechanism.
`

const wanted = process.argv.slice(2)
if (["--help", "-h", "--list"].some((option) => wanted.includes(option))) {
  console.log(wanted.includes("--list") ? mechanisms.map(({ name }) => name).join("\n") : HELP)
  process.exit(0)
}
const chosen = wanted.length === 0 ? mechanisms : mechanisms.filter((one) => wanted.includes(one.name))
const unknown = wanted.filter((name) => !mechanisms.some((one) => one.name === name))
if (unknown.length > 0) {
  const names = mechanisms.map((one) => one.name)
  for (const name of unknown) {
    const near = closest(name, names)
    console.error(`There is no mechanism ${name}.${near === null ? "" : ` Did you mean ${near}?`}`)
  }
  console.error("--list tells them.")
  process.exit(2)
}

let unnoticed = 0

for (const mechanism of chosen) {
  const { status, stdout, stderr } = spawnSync(
    "vitest",
    ["run", "--reporter=dot", "--bail=1", mechanism.test],
    { encoding: "utf8", env: { ...process.env, ARQON_BREAK: mechanism.name, NO_COLOR: "1" } },
  )
  // Only a failed assertion counts: a module that did not load, or no test at all, proves nothing.
  const failed = /Tests\s+\d+ failed/.test(stdout)
  const noticed = status !== 0 && failed
  if (!noticed) unnoticed++
  console.log(
    `${noticed ? "noticed  " : "UNNOTICED"} ${String(mechanism.invariant).padStart(2)} ${mechanism.name} (${mechanism.test})`,
  )
  if (!noticed) console.log(`${stdout}\n${stderr}`.trim().split("\n").slice(-15).join("\n"))
}

console.log(`${chosen.length - unnoticed} of ${chosen.length} broken mechanisms were noticed.`)
process.exitCode = unnoticed === 0 ? 0 : 1
