/** The progress of a hunt on standard error: runs, failures, pass rate with interval, remaining time, runs needed. */
import { duration, type HuntRun, number, passPercent } from '@flake-sla/hunt'
import { clopperPearson, type Goal, runsToMeet } from '@flake-sla/hunt/statistics'
import { Presets, SingleBar } from 'cli-progress'

const EVERY_MS = 5000
/** A narrower terminal shows the text without the bar. */
const COLUMNS_FOR_BAR = 150

export interface HuntProgress {
  onRun(run: HuntRun): void
  end(): void
}

/** @param total the maximum number of runs */
export function huntProgress(total: number, goal: Goal): HuntProgress {
  const tally = { passed: 0, failed: 0, stopped: 0 }
  const began = Date.now()
  const line = () => describeProgress(tally, total, goal, Date.now() - began)
  if (!process.stderr.isTTY) return plain(tally, line)
  const bar = new SingleBar(
    {
      format: (process.stderr.columns ?? 0) < COLUMNS_FOR_BAR ? '{line}' : '{bar} {line}',
      stream: process.stderr,
      hideCursor: true,
      fps: 8,
      barsize: 20,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0, { line: '' })
  // The text is computed only as often as it is drawn.
  const drawing = setInterval(() => bar.update(tally.passed + tally.failed, { line: line() }), 125)
  return {
    onRun: (run) => {
      tally[run.outcome]++
    },
    end() {
      clearInterval(drawing)
      bar.stop()
    },
  }
}

function plain(tally: Record<HuntRun['outcome'], number>, line: () => string): HuntProgress {
  const timer = setInterval(() => process.stderr.write(`${line()}\n`), EVERY_MS)
  return {
    onRun: (run) => {
      tally[run.outcome]++
    },
    end: () => clearInterval(timer),
  }
}

/** `120/1,000 runs, 2 failed, 98.3% passed (94.1% to 99.8%), at most 40 s left, 4,740 more clean runs would meet 99.9%`. */
export function describeProgress(
  { passed, failed }: { passed: number; failed: number },
  total: number,
  goal: Goal,
  elapsedMs: number,
): string {
  const runs = passed + failed
  if (runs === 0) return `0/${number(total)} runs`
  const { low, high } = clopperPearson(failed, runs, goal.confidence)
  const parts = [
    `${number(runs)}/${number(total)} runs`,
    `${number(failed)} failed`,
    `${passPercent(passed / runs)} passed (${passPercent(1 - high)} to ${passPercent(1 - low)})`,
    `at most ${duration((elapsedMs / runs) * (total - runs))} left`,
  ]
  const needed = runsToMeet(failed, goal) - runs
  if (needed > 0) parts.push(`${number(needed)} more clean runs would meet ${passPercent(goal.target)}`)
  return parts.join(', ')
}
