/**
 * `npm run bench:beside -- --commit COMMIT`: what the calls of a user cost now, beside what they cost at COMMIT. Both are built and run on
 * this machine, in processes of their own, in turns that swap who goes first. One needs it because figures of two days, or of two
 * hours, differ by more than the code does. Times are printed and gate nothing.
 */
import { execFile, spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { quantile } from "../hot/measure.ts"

const HELP = `Measures the calls of a user in this build and in that of another commit, in turns in one run.

USAGE
  npm run bench:beside -- --commit COMMIT [--pairs N] [--json]

  --commit COMMIT  What to compare with: anything that git can check out
  --pairs N        Pairs of processes, one of each build (default 7)
  --json           Print the figures as JSON

The other commit is built with the packages that are installed here. A ratio below 1 says that this build is faster.
`

const asked = readOptions(HELP, {
  commit: { type: "string" },
  pairs: { type: "string", default: "7" },
  json: { type: "boolean", default: false },
})
const commit = asked.commit ?? refuse("--commit is missing: name the commit to compare with.")
const pairs = whole("pairs", asked.pairs)
const root = resolve(import.meta.dirname, "../..")
const SIDES = ["before", "now"] as const
type Side = (typeof SIDES)[number]
type Prices = Readonly<Record<string, number>>

const git = (...words: ReadonlyArray<string>): string => {
  const { status, stdout, stderr } = spawnSync("git", words, { cwd: root, encoding: "utf8" })
  if (status !== 0) refuse(`git ${words[0]} failed: ${stderr.trim()}`)
  return stdout.trim()
}

/** Checks `commit` out in `folder` and builds it, with the packages of this checkout. */
function buildThere(folder: string): void {
  git("worktree", "add", "--detach", folder, commit)
  symlinkSync(realpathSync(join(root, "node_modules")), join(folder, "node_modules"), "dir")
  const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: folder, encoding: "utf8" })
  if (built.status !== 0)
    refuse(`${commit} does not build with the packages installed here:\n${built.stderr.slice(-2000)}`)
}

/** A folder in which `arqon` is the package in `home`; both sides run the same copies of the same files. */
function subjectOf(home: string, folder: string): string {
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  symlinkSync(home, join(folder, "node_modules", "arqon"), "dir")
  symlinkSync(
    realpathSync(join(root, "node_modules", "tinybench")),
    join(folder, "node_modules", "tinybench"),
    "dir",
  )
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n')
  cpSync(join(root, "bench", "hot"), join(folder, "hot"), { recursive: true })
  return join(folder, "hot", "publicChild.ts")
}

const run = async (file: string): Promise<Prices> => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", file])
  return JSON.parse(stdout) as Prices
}

const temporary = mkdtempSync(join(tmpdir(), "arqon-beside-"))
const there = join(temporary, "commit")
try {
  console.error(`building ${git("rev-parse", "--short", commit)}`)
  buildThere(there)
  const files: Record<Side, string> = {
    before: subjectOf(there, join(temporary, "before")),
    now: subjectOf(root, join(temporary, "now")),
  }
  const prices: Record<Side, Array<Prices>> = { before: [], now: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? SIDES : SIDES.toReversed()
    for (const side of order) prices[side].push(await run(files[side]))
    console.error(`pair ${pair + 1} of ${pairs}`)
  }
  report(prices)
} finally {
  if (existsSync(there)) git("worktree", "remove", "--force", there)
  rmSync(temporary, { recursive: true, force: true })
}

function report({ before, now }: Readonly<Record<Side, ReadonlyArray<Prices>>>): void {
  const rows = Object.keys(now[0])
    .filter((name) => name in before[0])
    .map((name) => {
      const ratios = now.map((prices, pair) => prices[name] / before[pair][name])
      const middle = (all: ReadonlyArray<Prices>): number =>
        quantile(
          all.map((prices) => prices[name]),
          0.5,
        )
      return {
        name,
        beforeNs: middle(before),
        nowNs: middle(now),
        ratio: quantile(ratios, 0.5),
        least: Math.min(...ratios),
        most: Math.max(...ratios),
      }
    })
  if (asked.json) console.log(JSON.stringify({ commit: git("rev-parse", commit), pairs, rows }, null, 2))
  else {
    console.log(
      `median ns a call over ${pairs} pairs of processes; ratio: now over before, by pair (least to most)`,
    )
    for (const { name, beforeNs, nowNs, ratio, least, most } of rows) {
      const [a, b, middle, low, high] = [beforeNs, nowNs, ratio, least, most].map((value) =>
        value.toPrecision(3),
      )
      console.log(
        `${name.padEnd(20)} before ${a.padStart(9)}  now ${b.padStart(9)}  ratio ${middle} (${low} to ${high})`,
      )
    }
  }
}
