/** What of the library of kernels is broken on purpose. */
import type { Mechanism } from "../Mechanism.ts"

export const library: ReadonlyArray<Mechanism> = [
  {
    name: "kernel-of-another-guard",
    invariant: 42,
    file: "src/morph/compile/Kernels.ts",
    intact: "const found = this.byGuard.get(guard)",
    broken: "const found = this.byGuard.get(guard) ?? [...this.byGuard.values()][0]",
    test: "test/morph/node/kernels/compiledEngine.test.ts",
  },
  {
    name: "kernel-missed-in-silence",
    invariant: 42,
    file: "src/morph/node/kernels/CompiledEngine.ts",
    intact: "if (missed.length === 0) return",
    broken: "if (missed.length >= 0) return",
    test: "test/morph/node/kernels/compiledEngine.test.ts",
  },
  {
    name: "kernel-not-compared-by-bits",
    invariant: 42,
    file: "src/morph/compile/verifyKernel.ts",
    intact: "sameBits &&= bitsOf(part)",
    broken: "sameBits ||= bitsOf(part)",
    test: "test/morph/compile/compile.test.ts",
  },
  {
    name: "kernel-key-without-graph",
    invariant: 40,
    file: "src/morph/compile/ArtifactStore.ts",
    intact: "sha256(JSON.stringify([blueprint, graph, sorted,",
    broken: "sha256(JSON.stringify([blueprint, graph.length, sorted,",
    test: "test/morph/compile/compile.test.ts",
  },
  {
    name: "kernel-checksum-not-read",
    invariant: 40,
    file: "src/morph/library/Library.ts",
    intact: "if (this.options.digest(bytes) !== descriptor[part])",
    broken: "if (bytes.length < 0)",
    test: "test/morph/library/memoryStore.test.ts",
  },
  {
    name: "kernel-row-before-file",
    invariant: 40,
    file: "src/morph/node/library/SqliteStore.ts",
    intact: 'this.files.write(fresh.wasm, "wasm", wasm)',
    broken: `enter(this.database, fresh, before)
        this.database.db.exec("COMMIT; BEGIN IMMEDIATE")
        this.files.write(fresh.wasm, "wasm", wasm)`,
    test: "test/morph/node/library/processes.test.ts",
  },
  {
    name: "kernel-without-a-row-is-lost",
    invariant: 40,
    file: "src/morph/node/library/SqliteStore.ts",
    intact: "if (isWhole && before?.damage !== null)",
    broken: "if (isWhole && before?.damage === null)",
    test: "test/morph/node/library/processes.test.ts",
  },
  {
    name: "kernel-signature-not-read",
    invariant: 40,
    file: "src/morph/library/Library.ts",
    intact: "if (this.options.seal?.accepts(descriptor) !== false) return null",
    broken: "if (this.options.seal !== null) return null",
    test: "test/morph/library/memoryStore.test.ts",
  },
  {
    name: "kernel-compiled-where-one-is-there",
    invariant: 40,
    file: "src/morph/node/compiling/compileJob.ts",
    intact: "if (there !== null) return { artifact: there }",
    broken: "",
    test: "test/morph/node/compiling/kills.test.ts",
  },
  {
    name: "lost-kernel-not-tried-again",
    invariant: 40,
    file: "src/morph/node/compiling/CompilerProcess.ts",
    intact: "const ATTEMPTS = 2",
    broken: "const ATTEMPTS = 1",
    test: "test/morph/node/compiling/kills.test.ts",
  },
]
