/** The readings of a pair, by position: what the kernel is handed, and the side that is still being read. Losses: lower is better. */
import { TREND_CELLS } from "./trend.ts"

export const LOSS_PLUS = 0
export const LOSS_MINUS = 1
/** A missing margin is NaN. */
export const MARGIN_PLUS = 2
export const MARGIN_MINUS = 3
/** The trend of each side, `TREND_CELLS` numbers; a count that is no number: none is known. */
export const TREND_PLUS = 4
export const TREND_MINUS = TREND_PLUS + TREND_CELLS
/** The side that is being read, while its windows come in: windows so far, mean loss and margin, the joint trend, and the mean of the covariate. */
export const SIDE_WINDOWS = TREND_MINUS + TREND_CELLS
export const SIDE_LOSS = SIDE_WINDOWS + 1
export const SIDE_MARGIN = SIDE_WINDOWS + 2
export const SIDE_TREND = SIDE_WINDOWS + 3
export const SIDE_COVARIATE = SIDE_TREND + TREND_CELLS
/** The covariate of each side; a missing one is NaN, and without a covariate nobody looks. */
export const COVARIATE_PLUS = SIDE_COVARIATE + 1
export const COVARIATE_MINUS = SIDE_COVARIATE + 2
export const READINGS = SIDE_COVARIATE + 3
