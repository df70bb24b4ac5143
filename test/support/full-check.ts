/** Whether `npm run check:full` runs: only then are the longest cases tried. */
export const IS_FULL = process.env.FULL_CHECK === '1'
