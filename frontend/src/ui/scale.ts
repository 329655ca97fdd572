/** The round numbers along an axis. */

/** Steps that people count in: 1, 2 or 5, times a power of ten. */
const STEPS = [1, 2, 5, 10];

/** About `wanted` round numbers, the first not above `low`, the last not below `high`; without values 0 and 1. */
export function roundTicks(low: number, high: number, wanted = 5): number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low === high) return roundTicks(low, low + (Math.abs(low) || 1), wanted);
  const rough = (high - low) / (wanted - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.find((each) => each * power >= rough * 0.75)! * power;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: last - first + 1 }, (_, tick) => Number(((first + tick) * step).toFixed(digits)));
}
