/**
 * Writes `src/morph/tensor/fast/kernelBytes.ts`: the SIMD module as text, and the number of each kernel. With `--check` it
 * writes nothing and fails where the file is not what the source gives. With `--text` it prints the WebAssembly text.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import wabt from "wabt"
import { moduleText } from "../src/morph/compile/kernels/module.ts"

const file = join(resolve(import.meta.dirname, ".."), "src/morph/tensor/fast/kernelBytes.ts")

/** SIMD as it is in every browser since 2023, and memory that may be shared; relaxed SIMD stays off. */
const FEATURES = { simd: true, threads: true, sat_float_to_int: true, relaxed_simd: false }

/** The whole file, as the source of the kernels gives it. */
export async function kernelFile(): Promise<string> {
  const { text, kernels } = moduleText()
  const assembler = await wabt()
  const parsed = assembler.parseWat("kernels.wat", text, FEATURES)
  const { buffer } = parsed.toBinary({ write_debug_names: false })
  parsed.destroy()
  // Compiled, because that says where and what is wrong.
  void new WebAssembly.Module(Uint8Array.from(buffer))
  // The import: its name, the kind of a memory (2), then the flags of its limits: 1 a greatest, 2 shared.
  const flags = Buffer.from(buffer).indexOf("memory") + "memory".length + 1
  if (buffer[flags - 1] !== 2 || buffer[flags] !== 3)
    throw new Error("The module does not import one shared memory.")
  return `/** Written by \`npm run kernels\` from \`src/morph/compile/kernels\`; do not edit. ${buffer.length} bytes. */

/** The number of each kernel in the module's table. */
export const KERNELS = {
${kernels.map(({ name }, i) => `  ${name}: ${i},`).join("\n")}
} as const

/** The arguments of each kernel, in the order in which a program holds them. */
export interface KernelArguments {
${kernels.map(({ name, parameters }) => `  readonly ${name}: readonly [${parameters.map((parameter) => `${parameter}: number`).join(", ")}]`).join("\n")}
}

/** Where the module says that its memory is shared. */
export const FLAGS_AT = ${flags}

/** The module, two hexadecimal digits a byte: compressed, that is two thirds of what base 64 is. */
export const BYTES: string =
  "${Buffer.from(buffer).toString("hex")}"
`
}

if (import.meta.main) {
  if (process.argv.includes("--text")) console.log(moduleText().text)
  else {
    const made = await kernelFile()
    if (!process.argv.includes("--check")) writeFileSync(file, made)
    else if (readFileSync(file, "utf8") !== made) {
      console.error(
        "src/morph/tensor/fast/kernelBytes.ts is not what src/morph/compile/kernels gives. Run `npm run kernels`.",
      )
      process.exitCode = 1
    }
  }
}
