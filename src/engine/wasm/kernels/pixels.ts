// Weight gradient of a layer that sees images of one channel, of which much is black: only the other pixels are touched.
import { addPixels1, addPixels2, addPixels3, PixelWeightGradient } from './generated';

/** Of images lo…hi the pixels that are not zero, as {byte offset of dy's pixel for the first tap, value}, row by row. */
export function listPixels(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PixelWeightGradient>(address);
  const width = t.width, height = t.height;
  for (let n = lo; n < hi; n++) {
    let start: usize = t.starts + (<usize>(n * (height + 1)) << 2), e: usize = t.pixels + <usize>n * t.listBytes;
    for (let y = 0; y < height; y++, start += 4) {
      store<u32>(start, <u32>e);
      let x: usize = t.x + <usize>n * t.xImage + <usize>y * t.xRow;
      let place: usize = <usize>(y + t.padV) * t.dyRow + <usize>t.padH * t.dyPixel;
      for (const end: usize = x + (<usize>width << 2); x < end; x += 4, place += t.dyPixel) {
        const value = load<f32>(x);
        store<u32>(e, <u32>place);
        store<f32>(e, value, 4);
        // One that is zero is written over.
        e += value != 0 ? 8 : 0;
      }
    }
    store<u32>(start, <u32>e);
  }
}

/**
 * dw[ky][kx][c] += Σ x[pixel]·dy[pixel − (ky, kx)][c] from these lists. Items: kernel rows, of each all blocks of sixteen
 * channels. Sums run over the pixels of an image; the images' sums are added in order. A value of zero would change no sum.
 */
export function pixelWeightGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PixelWeightGradient>(address);
  const channels = t.channels, blocks = channels >> 4, pixelBytes: usize = t.dyPixel, rowBytes: usize = <usize>channels << 2;
  for (let item = lo; item < hi; item++) {
    const ky = item / blocks, block: usize = <usize>(item - ky * blocks) << 6;
    // Rows of the image of which this row of the kernel makes rows of dy.
    const y0 = max(ky - t.padV, 0), y1 = max(min(ky - t.padV + t.outHeight, t.height), y0);
    let taps = t.kernelWidth, kx = 0;
    while (taps > 0) {
      const some = min(taps, 3);
      const dw: usize = t.dw + <usize>(ky * t.kernelWidth + kx) * rowBytes + block;
      let start: usize = t.starts, dy: usize = t.dy + block - <usize>ky * t.dyRow - <usize>kx * pixelBytes;
      for (let n = 0; n < t.images; n++, start += <usize>(t.height + 1) << 2, dy += t.dyImage) {
        const e: usize = load<u32>(start + (<usize>y0 << 2)), e1: usize = load<u32>(start + (<usize>y1 << 2));
        if (some == 3) addPixels3(e, e1, dy, pixelBytes, dw, rowBytes);
        else if (some == 2) addPixels2(e, e1, dy, pixelBytes, dw, rowBytes);
        else addPixels1(e, e1, dy, pixelBytes, dw, rowBytes);
      }
      taps -= some; kx += some;
    }
  }
}
