import { method } from './method.mjs';

/** Batch norm of one channel as inference uses it: running statistics. */
export interface ChannelNorm {
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
}

/** BN(z) in double precision. The order of operations is part of the definition: conversion relies on it. */
export function batchNorm(z: number, norm: ChannelNorm): number {
  return (norm.gamma * (z - norm.mean)) / Math.sqrt(norm.variance + method.batchNormEpsilon) + norm.beta;
}

/**
 * The level of an activation: clip(⌊n·BN(z) + ½⌋, 0, L), that is n times the quantised activation.
 *
 * Every step of it is monotone in z, rounding included. So for γ > 0 there is exactly one smallest z for each level,
 * which is what lets conversion find thresholds that agree with this function everywhere.
 * @param n 2^k, spikes that stand for an activation of 1
 * @param maximum L = n·B
 */
export function quantisedLevel(z: number, norm: ChannelNorm, n: number, maximum: number): number {
  const level = Math.floor(n * batchNorm(z, norm) + 0.5);
  return Math.max(0, Math.min(maximum, level));
}
