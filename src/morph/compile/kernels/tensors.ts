/**
 * Kernels over tensors of several axes: sums, differences and products whose inputs are repeated along an axis, norms over groups of
 * channels, and what moves numbers. Lengths come in fours, outermost first; strides are in bytes.
 */
const LENGTHS = "n0, n1, n2, n3"

/** `body` for each row along the last axis: `x` and its like walk by their strides, kept in x0 to x2. */
const eachRow = (walks: ReadonlyArray<string>, body: string): string => {
  const nested = (axis: number): string => {
    if (axis === 3) return body
    const own = walks
      .map((name) => `${name}${axis}At = ${axis === 0 ? name : `${name}${axis - 1}At`}`)
      .join("\n")
    const next = walks.map((name) => `${name}${axis}At += ${name}${axis}`).join("\n")
    return `${own}\nfor (i${axis} = 0; i${axis} < n${axis}; i${axis} += 1) { ${nested(axis + 1)}\n${next} }`
  }
  return nested(0)
}

const strides = (name: string, axes = 4): string =>
  Array.from({ length: axes }, (_, i) => `${name}${i}`).join(", ")

/** y = a operator b; an axis that is repeated has the stride 0. */
const repeated = (name: string, operator: string): string => `
kernel ${name}Repeated(${LENGTHS}, ${strides("a")}, ${strides("b")}, y, a, b) {
  end = n3 * 4
  ${eachRow(
    ["a", "b"],
    `
    for (i = 0; i < end; i += 16) {
      if (a3 == 0) { v = splat(a2At) } else { v = load(a2At + i) }
      if (b3 == 0) { w = splat(b2At) } else { w = load(b2At + i) }
      put(y + i, v ${operator} w, end - i)
    }
    y += end`,
  )}
}`

/** d += factor g, or factor g other: summed along each axis that d repeats, row by row of g, along a row as rows are. */
const share = (name: string, value: string, walks: ReadonlyArray<string>, parameters: string): string => `
kernel ${name}(${LENGTHS}, ${parameters}, factor: vec) {
  end = n3 * 4
  ${eachRow(
    walks,
    `
    s = lanes(0, 0, 0, 0)
    for (i = 0; i < end; i += 16) {
      ${walks.includes("o") ? "if (o3 == 0) { w = splat(o2At) } else { w = load(o2At + i) }" : ""}
      v = ${value}
      if (d3 == 0) { s = s + within(v, lanes(0, 0, 0, 0), end - i) }
      else { put(d2At + i, load(d2At + i) + v, end - i) }
    }
    if (d3 == 0) { storeLane(d2At, first(d2At) + across(s)) }
    g += end`,
  )}
}`

/** `body` for each place of a group of channels; `x` and its like are at its first channel. */
const eachPlace = (walks: string, body: string): string => {
  const names = walks.split(" ")
  return `
  ${names.map((name) => `${name}At = ${name}`).join("\n")}
  for (p = places; p > 0; p -= 1) {
    for (i = 0; i < end; i += 16) { ${body} }
    ${names.map((name) => `${name}At += step`).join("\n")}
  }`
}

export const TENSORS = [
  repeated("add", "+"),
  repeated("subtract", "-"),
  repeated("multiply", "*"),
  share("share", "load(g + i) * factor", ["d"], `${strides("d")}, d, g`),
  share("shareProduct", "load(g + i) * w * factor", ["d", "o"], `${strides("d")}, ${strides("o")}, d, g, o`),
  `
// The mean and the inverse spread of each group of channels to keep; the numbers less the one and times the other, times a gain
// and plus a bias, to y.
kernel norm(y, keep, x, gain, bias, batch, places, channels, groups, epsilon: vec) {
  step = channels * 4
  end = step / groups
  count = number(channels / groups * places)
  for (t = batch; t > 0; t -= 1) {
    for (group = 0; group < groups; group += 1) {
      s = lanes(0, 0, 0, 0)
      ${eachPlace("x", "s = s + within(load(xAt + i), lanes(0, 0, 0, 0), end - i)")}
      mean = across(s) / count
      s = lanes(0, 0, 0, 0)
      ${eachPlace("x", "v = within(load(xAt + i) - mean, lanes(0, 0, 0, 0), end - i) s = s + v * v")}
      spread = 1 / sqrt(across(s) / count + epsilon)
      storeLane(keep, mean)
      storeLane(keep + 4, spread)
      keep += 8
      from = group * end
      ${eachPlace(
        "x y",
        "put(yAt + i, (load(xAt + i) - mean) * spread * load(gain + from + i) + load(bias + from + i), end - i)",
      )}
      x += end
      y += end
    }
    x += step * (places - 1)
    y += step * (places - 1)
  }
}

kernel normInput(dx, g, kept, x, gain, batch, places, channels, groups, keep: vec) {
  step = channels * 4
  end = step / groups
  count = number(channels / groups * places)
  for (t = batch; t > 0; t -= 1) {
    for (group = 0; group < groups; group += 1) {
      mean = splat(kept)
      spread = splat(kept, 4)
      kept += 8
      from = gain + group * end
      s = lanes(0, 0, 0, 0)
      along = lanes(0, 0, 0, 0)
      ${eachPlace(
        "g x",
        `v = within(load(gAt + i) * load(from + i), lanes(0, 0, 0, 0), end - i)
        s = s + v
        along = along + within(v * (load(xAt + i) - mean) * spread, lanes(0, 0, 0, 0), end - i)`,
      )}
      s = across(s) / count
      along = across(along) / count
      ${eachPlace(
        "g x dx",
        `v = load(gAt + i) * load(from + i) - s - (load(xAt + i) - mean) * spread * along
        put(dxAt + i, (load(dxAt + i) & keep) + v * spread, end - i)`,
      )}
      x += end
      g += end
      dx += end
    }
    x += step * (places - 1)
    g += step * (places - 1)
    dx += step * (places - 1)
  }
}

// dgain += g times the numbers as they were normed, place by place.
kernel normGain(dgain, g, keep, x, batch, places, channels, groups) {
  end = channels * 4 / groups
  for (t = batch; t > 0; t -= 1) {
    for (p = places; p > 0; p -= 1) {
      to = dgain
      kept = keep
      for (group = groups; group > 0; group -= 1) {
        mean = splat(kept)
        spread = splat(kept, 4)
        for (i = 0; i < end; i += 16) {
          put(to + i, load(to + i) + load(g + i) * (load(x + i) - mean) * spread, end - i)
        }
        kept += 8
        to += end
        g += end
        x += end
      }
    }
    keep += groups * 8
  }
}

// Rows of so many numbers from one tensor into another whose rows are wider or narrower.
kernel copyRows(y, x, rows, n, yRow, xRow) {
  end = n * 4
  for (r = rows; r > 0; r -= 1) {
    for (i = 0; i < end; i += 16) { put(y + i, load(x + i), end - i) }
    y += yRow
    x += xRow
  }
}

kernel addRows(y, x, rows, n, yRow, xRow) {
  end = n * 4
  for (r = rows; r > 0; r -= 1) {
    gather(y, x, end)
    y += yRow
    x += xRow
  }
}

// y, row by row, from x along other axes.
kernel permute(${LENGTHS}, ${strides("x")}, y, x) {
  ${eachRow(
    ["x"],
    `
    if (x3 == 4) { for (i = 0; i < n3 * 4; i += 16) { put(y + i, load(x2At + i), n3 * 4 - i) } y += n3 * 4 }
    else {
      from = x2At
      for (i = n3; i > 0; i -= 1) {
        storeWord(y, word(from))
        from += x3
        y += 4
      }
    }`,
  )}
}

kernel permuteBack(${LENGTHS}, ${strides("x")}, x, g) {
  ${eachRow(
    ["x"],
    `
    if (x3 == 4) { gather(x2At, g, n3 * 4) g += n3 * 4 }
    else {
      to = x2At
      for (i = n3; i > 0; i -= 1) {
        storeLane(to, first(to) + first(g))
        to += x3
        g += 4
      }
    }`,
  )}
}
`,
].join("\n")
