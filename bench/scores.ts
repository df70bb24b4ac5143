/** Scores of a rule over flakes with known causes. */

/** One answer with the true cause and its SLA window. */
export interface Answer {
  probability: number
  label: 'caused_by_pr' | 'not_caused_by_pr' | 'undetermined'
  causedByPr: boolean
  window: string
}

/** The answers of each rule, by its name. */
export type Answers = Map<string, Answer[]>

export interface Scores {
  flakes: number
  brier: number
  blames: number
  wrongBlame: number
  excuses: number
  wrongExcuse: number
  undetermined: number
  calibration: number
  /** Flakes counted / flakes not caused by the pull request. */
  counted: number
  /** Share of windows whose range contains the true number. */
  covered: number
}

/** The label for a probability, as in docs/how-figures-are-computed.md. */
export function labelAt(probability: number): Answer['label'] {
  if (probability >= 0.9) return 'caused_by_pr'
  return probability <= 0.1 ? 'not_caused_by_pr' : 'undetermined'
}

export function score(answers: readonly Answer[]): Scores {
  const share = (part: readonly Answer[], of: readonly Answer[]) =>
    of.length === 0 ? 0 : part.length / of.length
  const blamed = answers.filter((answer) => answer.label === 'caused_by_pr')
  const excused = answers.filter((answer) => answer.label === 'not_caused_by_pr')
  const counted = answers.filter((answer) => answer.probability < 0.5).length
  const truly = answers.filter((answer) => !answer.causedByPr).length
  return {
    flakes: answers.length,
    brier: mean(answers.map((answer) => (answer.probability - Number(answer.causedByPr)) ** 2)),
    blames: blamed.length,
    wrongBlame: share(
      blamed.filter((answer) => !answer.causedByPr),
      blamed,
    ),
    excuses: excused.length,
    wrongExcuse: share(
      excused.filter((answer) => answer.causedByPr),
      excused,
    ),
    undetermined: share(
      answers.filter((answer) => answer.label === 'undetermined'),
      answers,
    ),
    calibration: calibrationError(answers),
    counted: counted / truly,
    covered: coverage(answers),
  }
}

/** Expected calibration error over ten bins. */
function calibrationError(answers: readonly Answer[]): number {
  let sum = 0
  for (let bin = 0; bin < 10; bin++) {
    const inside = answers.filter((answer) => Math.min(9, Math.floor(answer.probability * 10)) === bin)
    if (inside.length === 0) continue
    const predicted = mean(inside.map((answer) => answer.probability))
    const was = mean(inside.map((answer) => Number(answer.causedByPr)))
    sum += (inside.length / answers.length) * Math.abs(predicted - was)
  }
  return sum
}

function coverage(answers: readonly Answer[]): number {
  const windows = new Map<string, { low: number; high: number; truly: number }>()
  for (const { window, label, causedByPr } of answers) {
    const sums = windows.get(window) ?? { low: 0, high: 0, truly: 0 }
    windows.set(window, sums)
    if (label === 'not_caused_by_pr') sums.low++
    if (label !== 'caused_by_pr') sums.high++
    if (!causedByPr) sums.truly++
  }
  const held = [...windows.values()].filter(({ low, high, truly }) => truly >= low && truly <= high)
  return held.length / Math.max(1, windows.size)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length
}
