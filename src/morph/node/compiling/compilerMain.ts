/** The first file of a compiling process. */
import { type CompilerBoot, serveCompiler } from "./serveCompiler.ts"

await serveCompiler(JSON.parse(process.argv[2]) as CompilerBoot)
