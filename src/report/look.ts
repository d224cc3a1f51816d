// Letters, inks and colours that charts and the picture of a pipeline have in common.

export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';
export const paper = '#ffffff';
export const ink = '#222222';
export const faint = '#6b6b6b';
export const rule = '#e3e3e3';

/** Colours that colour-blind readers tell apart: Okabe and Ito's (Color Universal Design, 2008), and two of Paul Tol's. */
export const colours = {
  blue: '#0072B2',
  vermilion: '#D55E00',
  green: '#009E73',
  orange: '#E69F00',
  sky: '#56B4E9',
  purple: '#CC79A7',
  wine: '#882255',
  olive: '#999933',
  grey: '#9A9A9A',
  dark: '#4A4A4A',
} as const;
