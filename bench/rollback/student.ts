/** Critical values of Student's t, for the rules that are compared: by integration and bisection, good to six digits. */

/** Chance that t with `degrees` of freedom exceeds x: with t = sqrt(f) tan(u) the density becomes cos(u)^(f-1). */
function upperTail(x: number, degrees: number): number {
  const from = Math.atan(x / Math.sqrt(degrees))
  return area(from, Math.PI / 2, degrees) / (2 * area(0, Math.PI / 2, degrees))
}

/** Simpson's rule over cos(u)^(degrees - 1). */
function area(from: number, to: number, degrees: number): number {
  const steps = 2000
  const width = (to - from) / steps
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    sum += weight * Math.cos(from + i * width) ** (degrees - 1)
  }
  return (sum * width) / 3
}

/** The value that t exceeds with the given chance. */
export function tCritical(degrees: number, chance: number): number {
  let low = 0
  let high = 1e4
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (upperTail(middle, degrees) > chance) low = middle
    else high = middle
  }
  return high
}
