/**
 * `arqon/temporal`: kernels over series of readings. One imports it to compare patterns, to look for what has been seen before, or
 * to build on what the engine's own memory of loads is made of. Each room beside this file lists its own names.
 *
 * Stability: unstable.
 */
export * from "./compare/index.ts"
export * from "./logic/index.ts"
export * from "./attractor/index.ts"
