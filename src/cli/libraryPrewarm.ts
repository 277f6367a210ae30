/** `arqon grow library prewarm`: compiles every blueprint for a shape before a host needs it. */
import { CATALOGUE } from "../morph/blueprints/more/all.ts"
import { compileFor } from "../morph/library/KernelCompiler.ts"
import { prewarm } from "../morph/library/prewarm.ts"
import { CompilerProcess } from "../morph/node/compiling/CompilerProcess.ts"
import { templateKeys } from "../morph/node/compiling/templateKeys.ts"
import { COMPILER } from "../morph/node/compileKernel.ts"
import { openLibrary } from "../morph/node/library/openLibrary.ts"
import { plainJson } from "../system/plainText.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { refusing } from "./growRefusal.ts"
import { note, print } from "./output.ts"
import { shapeOf } from "./shapeOf.ts"
import { onSignals } from "./signals.ts"

interface PrewarmFlags {
  readonly directory: string
  readonly shape: string
  readonly signingKey: string | null
  readonly json: boolean
  readonly quiet: boolean
}

/** Makes the library if need be. Ctrl-C ends it after the kernel that is under way. */
export function libraryPrewarmCommand(flags: PrewarmFlags): Promise<ExitCode> {
  return refusing(async () => {
    const { directory, signingKey: key, json, quiet } = flags
    const keys = templateKeys([shapeOf(flags.shape)], CATALOGUE)
    const compiler = new CompilerProcess({ directory, key })
    const library = openLibrary(directory, { key, compiler: COMPILER, compile: compileFor(compiler) })
    const cancel = new AbortController()
    const signals = onSignals(() => cancel.abort())
    try {
      const { ready, refused, left } = await prewarm(library, keys, {
        signal: cancel.signal,
        said: ({ key: { blueprint }, from, why, done, of }) => {
          const what = why ?? (from === "compiler" ? "compiled" : "there already")
          if (!quiet) note(`${done} of ${of}  ${blueprint}  ${what}`)
        },
      })
      if (json)
        print(
          plainJson({
            ready,
            left,
            refused: refused.map(({ key: { blueprint }, why }) => ({ blueprint, why })),
          }),
        )
      else
        print(
          `${ready} kernels are ready, ${refused.length} could not be compiled${left === 0 ? "" : `, and ${left} were not come to`}.`,
        )
      return left === 0 ? EXIT.ok : EXIT.interrupted
    } finally {
      signals.off()
      await library.close()
      await compiler.close()
    }
  })
}
