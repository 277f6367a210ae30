/**
 * What was learned in another process, seen from the time of this one. Needed where it is taken over: a clock that was ahead then,
 * or one that begins at nothing, would leave cooldowns, quarantines and retries waiting for a time that is far away.
 */
import type { HomeostasisState } from "./relocationTypes.ts"
import type { SelectionState } from "./relocationTypes.ts"

/** The selection with its latest moment at `nowUs` at the latest; the times between its own stay what they were. */
export function selectionAsOf(state: SelectionState, nowUs: number): SelectionState {
  const ahead = state.nowUs - nowUs
  if (!(ahead > 0)) return state
  return {
    ...state,
    nowUs,
    sinceUs: state.sinceUs - ahead,
    switchesUs: state.switchesUs.map((at) => at - ahead),
    quarantine: state.quarantine.map(({ name, untilUs }) => ({ name, untilUs: untilUs - ahead })),
  }
}

/** The regimes with none met later than `nowUs`, and none left alone for longer than `longestUs` from then on. */
export function regimesAsOf(state: HomeostasisState, nowUs: number, longestUs: number): HomeostasisState {
  const latest = state.regimes.reduce((most, { metUs }) => Math.max(most, metUs), nowUs)
  const ahead = latest - nowUs
  const retryUs = nowUs + longestUs
  if (ahead === 0 && state.regimes.every((one) => one.retryUs <= retryUs)) return state
  return {
    ...state,
    regimes: state.regimes.map((one) => ({
      ...one,
      storedUs: one.storedUs - ahead,
      metUs: one.metUs - ahead,
      retryUs: Math.min(retryUs, one.retryUs - ahead),
    })),
  }
}
