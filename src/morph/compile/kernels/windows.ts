/**
 * What moves a window over images [batch, height, width, channels]; a length is an image of height 1.
 *
 * A convolution copies one image at a time into a larger one with zeros around it. There the places of a row of a window lie side by
 * side, so the windows of a row of results are a matrix whose rows overlap, and nothing else has to be copied: a result is a product of
 * `k` numbers in `runs` parts. Its sum goes over the window row by row, place by place, channel by channel; that of a weight goes over
 * the images and their places in order. The gradient of the input is the convolution of the gradient, its places `spacing` apart, with
 * the weights turned around.
 */

/** The geometry of a depthwise convolution, the first arguments of its kernels. */
const GEOMETRY = "h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left"

/** `body` for the place ky, kx of a window that has its first place at iy, ix, where it lies within the image. */
const eachTap = (body: string): string => `
  for (ky = 0; ky < kh; ky += 1) {
    ty = oy * stride + ky * dilation - top
    if (i32.lt_u(ty, h)) {
      for (kx = 0; kx < kw; kx += 1) {
        tx = ox * stride + kx * dilation - left
        if (i32.lt_u(tx, w)) { ${body} }
      }
    }
  }`

const eachPlace = (body: string): string => `
  for (oy = 0; oy < oh; oy += 1) {
    for (ox = 0; ox < ow; ox += 1) { ${body} }
  }`

/** The image at x within the zeros of `padded`. */
const IMAGE = "h, w, c, spacing, rows, columns, ph, pw, top, left"

export const WINDOWS = `
fn move(to: int, from: int, length: int) {
  for (i = 0; i < length; i += 16) { put(to + i, load(from + i), length - i) }
}

fn empty(to: int, length: int) {
  for (i = 0; i < length; i += 16) { put(to + i, lanes(0, 0, 0, 0), length - i) }
}

// Copies the first \`rows\` and \`columns\` of the image, \`spacing\` places apart, into a larger one.
fn pad(padded: int, x: int, w: int, c: int, spacing: int, rows: int, columns: int, pw: int, top: int, left: int) {
  size = c * 4
  for (y = 0; y < rows; y += 1) {
    to = padded + ((y * spacing + top) * pw + left) * size
    from = x + y * w * size
    if (spacing == 1) { move(to, from, columns * size) }
    else {
      for (i = columns; i > 0; i -= 1) {
        move(to, from, size)
        to += spacing * size
        from += size
      }
    }
  }
}

// y = start + the windows times the weights, in \`parts\` products one after another; start is a bias (startRow 0), or y itself.
kernel convolve(y, x, weights, start, startRow, padded, batch, ${IMAGE}, oh, ow, oc, stride, k, runs, jump, parts, partA, partB) {
  size = c * 4
  empty(padded, ph * pw * size)
  for (t = batch; t > 0; t -= 1) {
    pad(padded, x, w, c, spacing, rows, columns, pw, top, left)
    x += h * w * size
    from = padded
    for (oy = oh; oy > 0; oy -= 1) {
      begin = start
      beginRow = startRow
      for (part = 0; part < parts; part += 1) {
        tiles(y, from + part * partA, weights + part * partB, begin, ow, k, oc, oc * 4, stride * size, oc * 4, beginRow, runs, jump)
        begin = y
        beginRow = oc * 4
      }
      y += ow * oc * 4
      start += ow * startRow
      from += stride * pw * size
    }
  }
}

// dw += the windows, turned, times g: for \`taps\` places of a row of the window at once.
kernel convolveWeights(dw, x, g, padded, batch, ${IMAGE}, oh, ow, oc, stride, dilation, kh, kw, taps) {
  size = c * 4
  empty(padded, ph * pw * size)
  for (t = batch; t > 0; t -= 1) {
    pad(padded, x, w, c, spacing, rows, columns, pw, top, left)
    x += h * w * size
    for (ky = 0; ky < kh; ky += 1) {
      for (kx = 0; kx < kw; kx += taps) {
        to = dw + (ky * kw + kx) * size * oc
        from = padded + (ky * pw + kx) * dilation * size
        turnedTiles(to, from, g, to, taps * c, ow, oc, oc * 4, stride * size, oc * 4, oc * 4, oh, stride * (pw - ow) * size)
      }
    }
    g += oh * ow * oc * 4
  }
}

// The weights [taps, c, oc] turned around: [taps, oc, c], the last tap first.
kernel flip(y, weights, taps, c, oc) {
  size = c * oc * 4
  y += size * (taps - 1)
  for (t = taps; t > 0; t -= 1) {
    turn(y, weights, c, oc, oc * 4, c * 4)
    y -= size
    weights += size
  }
}

kernel depthwise(${GEOMETRY}, batch, y, x, weights, bias) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      for (i = 0; i < end; i += 16) {
        s = lanes(0, 0, 0, 0)
        if (bias >= 0) { s = load(bias + i) }
        ${eachTap("s = s + load(x + (ty * w + tx) * end + i) * load(weights + (ky * kw + kx) * end + i)")}
        put(y + i, s, end - i)
      }
      y += end`)}
    x += h * w * end
  }
}

// dw += x times g, place by place.
kernel depthwiseWeights(${GEOMETRY}, batch, dw, x, g) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      ${eachTap(`
        to = dw + (ky * kw + kx) * end
        from = x + (ty * w + tx) * end
        for (i = 0; i < end; i += 16) { put(to + i, load(to + i) + load(from + i) * load(g + i), end - i) }`)}
      g += end`)}
    x += h * w * end
  }
}

// dx += the weights times g, place by place.
kernel depthwiseInput(${GEOMETRY}, batch, dx, g, weights) {
  end = c * 4
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      ${eachTap(`
        to = dx + (ty * w + tx) * end
        from = weights + (ky * kw + kx) * end
        for (i = 0; i < end; i += 16) { put(to + i, load(to + i) + load(from + i) * load(g + i), end - i) }`)}
      g += end`)}
    dx += h * w * end
  }
}

// The mean of each window, one sum over its places in their order.
kernel meanPool(batch, h, w, c, kh, kw, oh, ow, stride, y, x) {
  end = c * 4
  count = number(kh * kw)
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = x + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        s = lanes(0, 0, 0, 0)
        row = corner + i
        for (ky = 0; ky < kh; ky += 1) {
          from = row
          for (kx = 0; kx < kw; kx += 1) {
            s = s + load(from)
            from += end
          }
          row += w * end
        }
        put(y + i, s / count, end - i)
      }
      y += end`)}
    x += h * w * end
  }
}

// dx += g over the number of places of a window. To keep nothing, each place has to be in one window.
kernel meanPoolBack(batch, h, w, c, kh, kw, oh, ow, stride, dx, g, keep: vec) {
  end = c * 4
  count = number(kh * kw)
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = dx + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        share = load(g + i) / count
        row = corner + i
        for (ky = 0; ky < kh; ky += 1) {
          to = row
          for (kx = 0; kx < kw; kx += 1) {
            put(to, (load(to) & keep) + share, end - i)
            to += end
          }
          row += w * end
        }
      }
      g += end`)}
    dx += h * w * end
  }
}

// The largest of each window, and how many bytes from x it was; the first NaN where there is one, else the first of the largest.
kernel maxPool(batch, h, w, c, kh, kw, oh, ow, stride, y, x, saved) {
  end = c * 4
  start = x
  for (t = batch; t > 0; t -= 1) {
    ${eachPlace(`
      corner = x + (oy * stride * w + ox * stride) * end
      for (i = 0; i < end; i += 16) {
        row = corner + i
        best = load(row)
        found = i32x4.add(all(row - start), words(0, 4, 8, 12))
        for (ky = 0; ky < kh; ky += 1) {
          from = row
          for (kx = 0; kx < kw; kx += 1) {
            v = load(from)
            better = (v > best) | v128.andnot(v != v, best != best)
            best = choose(better, v, best)
            found = choose(better, i32x4.add(all(from - start), words(0, 4, 8, 12)), found)
            from += end
          }
          row += w * end
        }
        put(y + i, best, end - i)
        put(saved + i, found, end - i)
      }
      y += end
      saved += end`)}
    x += h * w * end
  }
}

kernel maxPoolBack(dx, g, saved, n) {
  for (i = n; i > 0; i -= 1) {
    to = dx + word(saved)
    storeLane(to, first(to) + first(g))
    g += 4
    saved += 4
  }
}
`
