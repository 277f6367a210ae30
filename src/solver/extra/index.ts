/**
 * `arqon/solver/extra`: strategies that the default never takes. One imports one of them to choose it by name, in the options of a
 * solver: `createSolver({ ...config, strategy: "random" }, { strategies: [random] })`. Who does not, does not ship it.
 *
 * Stability: unstable.
 */
export { nelderMeadMultistart } from "../strategies/NelderMeadMultistart.ts"
export { random } from "../strategies/RandomSearch.ts"
