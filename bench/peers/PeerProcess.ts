/**
 * A Python process that runs the peers' studies one after another and asks this process for every reading. Counts the
 * evaluations itself and takes the point of the lowest reading as the recommendation, so a peer can neither spend more
 * than its budget nor report another value than it read.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Instance } from "../../src/testing/functions.ts"

export const peerNames = ["optunaTpe", "nelderMeadMultistart", "bobyqaMultistart"] as const
export type PeerName = (typeof peerNames)[number]

export type Versions = Readonly<Record<string, string>>

export class PeerProcess {
  readonly versions: Promise<Versions>
  private readonly child: ChildProcessWithoutNullStreams
  private readonly lines: AsyncIterator<string>

  /**
   * @param python the interpreter of an environment that has what requirements.txt asks for
   * @param args what it runs; peers.py when omitted
   */
  constructor(
    python: string,
    args: ReadonlyArray<string> = ["-u", new URL("peers.py", import.meta.url).pathname],
  ) {
    this.child = spawn(python, args)
    this.child.stderr.pipe(process.stderr)
    // Writing to a process that has ended fails here; `next` says so in words.
    this.child.stdin.on("error", () => {})
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    this.versions = this.next().then((line) => JSON.parse(line) as Versions)
  }

  /** The true value at the point that the peer would recommend after `budget` evaluations. */
  async study(peer: PeerName, instance: Instance, seed: number, budget: number): Promise<number> {
    const d = instance.dimensions
    const { min, max } = instance.function
    const fill = (value: number): ReadonlyArray<number> => Array.from({ length: d }, () => value)
    let lowest = Number.POSITIVE_INFINITY
    let recommended: ReadonlyArray<number> | null = null
    let evaluations = 0
    await this.run({ solver: peer, seed, budget, min: fill(min), max: fill(max) }, (line) => {
      const point = JSON.parse(line) as ReadonlyArray<number>
      if (point.length !== d || !point.every((x) => x >= min - 1e-9 && x <= max + 1e-9)) {
        throw new Error(`${peer} left the box of ${instance.name}: ${line}`)
      }
      const reading = instance.reading(point, seed, evaluations)
      evaluations++
      if (reading < lowest) {
        lowest = reading
        recommended = point
      }
      return reading
    })
    if (evaluations !== budget || recommended === null) {
      throw new Error(`${peer} made ${evaluations} evaluations of ${budget} on ${instance.name}`)
    }
    return instance.trueValue(recommended)
  }

  /** Sends a job and answers every line that asks for a reading, until the process is done with it. */
  async run(job: unknown, read: (line: string) => number): Promise<void> {
    await this.versions
    this.send(JSON.stringify(job))
    for (let line = await this.next(); line !== "done"; line = await this.next()) {
      this.send(String(read(line)))
    }
  }

  close(): void {
    this.child.stdin.end()
  }

  private send(line: string): void {
    this.child.stdin.write(`${line}\n`)
  }

  private async next(): Promise<string> {
    const { value, done } = await this.lines.next()
    if (done === true) throw new Error("the Python process of the peers ended early; what it said is above")
    return value
  }
}
