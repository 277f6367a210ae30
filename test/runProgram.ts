/** Runs a program as a user would, for the tests of examples: it must end well and have nothing to complain about. */
import { spawn } from "node:child_process"
import { expect } from "vitest"

export interface Run {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** What the program prints. */
export async function output(program: string, args: ReadonlyArray<string>, run: Run = {}): Promise<string> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: run.cwd,
    env: { ...process.env, ...run.env },
  })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
  const status = await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject))
  expect({ status, stderr }, args.join(" ")).toEqual({ status: 0, stderr: "" })
  expect(stdout.trim()).not.toBe("")
  return stdout
}

/** The numbers of the line that matches. */
export const numbersOf = (text: string, line: RegExp): ReadonlyArray<number> => {
  const found = text.split("\n").find((one) => line.test(one)) ?? ""
  return [...found.matchAll(/-?\d+(\.\d+)?/g)].map(([digits]) => Number(digits))
}
