// Weight gradient of a layer that sees images of one channel, of which much is black: only the other pixels are touched.
import { addPixels1, addPixels2, addPixels3, ImageSums, PixelWeightGradient } from './generated';

/**
 * Lists the pixels of an image that are not zero, as {byte offset of dy's pixel for the first tap,
 * value}, row by row; and where each row begins, and the last one ends.
 */
function listPixels(t: PixelWeightGradient, x: usize): void {
  const width: usize = t.width << 2, height = t.height;
  let start: usize = t.rowStarts, e: usize = t.list;
  for (let y = 0; y < height; y++, start += 4, x += t.xRow) {
    store<u32>(start, <u32>e);
    let place: usize = <usize>(y + t.padV) * t.dyRow + <usize>t.padH * t.dyPixel;
    for (let at = x, end = x + width; at < end; at += 4, place += t.dyPixel) {
      const value = load<f32>(at);
      store<u32>(e, <u32>place);
      store<f32>(e, value, 4);
      // One that is zero is written over.
      e += value != 0 ? 8 : 0;
    }
  }
  store<u32>(start, <u32>e);
}

/**
 * Of each image lo…hi, sums[image][ky][kx][c] = Σ x[pixel]·dy[pixel − (ky, kx)][c], pixel by pixel. A value of zero would
 * change none.
 */
export function pixelWeightGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PixelWeightGradient>(address);
  const pixelBytes: usize = t.dyPixel, rowBytes: usize = <usize>t.channels << 2;
  let sums: usize = t.sums + <usize>(lo * t.kernelHeight * t.kernelWidth) * rowBytes;
  for (let n = lo; n < hi; n++) {
    listPixels(t, t.x + <usize>n * t.xImage);
    let row: usize = t.dy + <usize>n * t.dyImage;
    for (let ky = 0; ky < t.kernelHeight; ky++, row -= t.dyRow, sums += <usize>t.kernelWidth * rowBytes) {
      // Rows of the image of which this row of the kernel makes rows of dy.
      const y0 = max(ky - t.padV, 0), y1 = max(min(ky - t.padV + t.outHeight, t.height), y0);
      const e: usize = load<u32>(t.rowStarts + (<usize>y0 << 2)), e1: usize = load<u32>(t.rowStarts + (<usize>y1 << 2));
      for (let block: usize = 0; block < rowBytes; block += 64) {
        let dy = row + block, sum = sums + block, taps = t.kernelWidth;
        for (; taps >= 3; taps -= 3, dy -= 3 * pixelBytes, sum += 3 * rowBytes) addPixels3(e, e1, dy, pixelBytes, sum, rowBytes);
        if (taps == 2) addPixels2(e, e1, dy, pixelBytes, sum, rowBytes);
        else if (taps == 1) addPixels1(e, e1, dy, pixelBytes, sum, rowBytes);
      }
    }
  }
}

/** Adds up what each image has of values lo…hi, fours of them, image by image. */
export function imageSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ImageSums>(address);
  const step: usize = <usize>t.values << 2;
  for (let at: usize = <usize>lo << 4, end: usize = <usize>hi << 4; at < end; at += 16) {
    let sum = f32x4.splat(0), p: usize = t.sums + at;
    for (let n = 0; n < t.images; n++, p += step) sum = f32x4.add(sum, v128.load(p));
    v128.store(t.total + at, sum);
  }
}
